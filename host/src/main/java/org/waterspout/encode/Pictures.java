package org.waterspout.encode;

import java.awt.image.BufferedImage;
import java.awt.image.DataBuffer;
import java.awt.image.IndexColorModel;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.model.ModelFile;
import org.waterspout.model.architecture.Architecture;

/** Pictures as an encoder reads them: Dosovitskiy et al. 2021, section 3.1. */
public final class Pictures {

    private static final int COLOURS = 3;

    private final Architecture.Patches patches;
    private final PictureForm form;

    /** @param file says how pictures are prepared; {@code patches} what enters */
    public Pictures(ModelFile file, String family, Architecture.Patches patches) {
        if (patches.channels() != COLOURS) {
            throw new InvalidRequestException("this model reads pictures of " + patches.channels() + " channels, not of red, green and blue");
        }
        this.patches = patches;
        this.form = PictureForm.of(file.metadata(), family, patches);
    }

    /**
     * A picture of any format that the JDK reads (PNG, JPEG, GIF, BMP, TIFF).
     *
     * @throws InvalidRequestException when it is not there, or no picture
     */
    public static BufferedImage read(Path path) {
        try (InputStream in = Files.newInputStream(path)) {
            BufferedImage picture = ImageIO.read(in);
            if (picture == null) {
                throw new InvalidRequestException(path + " is no picture that can be read: give a PNG, JPEG, GIF, BMP or TIFF file");
            }
            return picture;
        } catch (IOException | IllegalArgumentException | IndexOutOfBoundsException e) { // the JDK's readers throw all three for damaged files
            boolean there = Files.isRegularFile(path);
            throw new InvalidRequestException(path + (there ? " is a damaged picture: " + e.getMessage()
                    : Files.exists(path) ? " is no file" : " does not exist; check the path"), e);
        }
    }

    /** A picture as the model reads it. */
    public Sequence sequence(BufferedImage picture) {
        return sequence(pixels(picture), patches);
    }

    /** [channels, side, side], resized, rescaled and normalised. */
    float[] pixels(BufferedImage picture) {
        int height = picture.getHeight();
        int width = picture.getWidth();
        int newHeight = form.edge();
        int newWidth = form.edge();
        if (form.shorter()) {
            newHeight = height <= width ? form.edge() : Math.toIntExact((long) form.edge() * height / width);
            newWidth = width <= height ? form.edge() : Math.toIntExact((long) form.edge() * width / height);
        }
        int[] bytes = Resizing.resized(bytes(picture), COLOURS, height, width, newHeight, newWidth, form.filter());
        int side = form.crop();
        int top = (newHeight - side) / 2;
        int left = (newWidth - side) / 2;
        float[] pixels = new float[COLOURS * side * side];
        for (int channel = 0; channel < COLOURS; channel++) {
            for (int y = 0; y < side; y++) {
                for (int x = 0; x < side; x++) {
                    double value = bytes[(channel * newHeight + top + y) * newWidth + left + x] * form.rescale();
                    pixels[(channel * side + y) * side + x] = (float) ((value - form.mean().get(channel)) / form.std().get(channel));
                }
            }
        }
        return pixels;
    }

    /** [channels, height, width]; transparency does not count. */
    private static int[] bytes(BufferedImage picture) {
        int height = picture.getHeight();
        int width = picture.getWidth();
        int[] bytes = new int[COLOURS * height * width];
        // the JDK takes grey pixels as linear light and would make them brighter as colours
        boolean grey = picture.getColorModel().getNumColorComponents() == 1 && !(picture.getColorModel() instanceof IndexColorModel);
        int shift = grey ? Math.max(0, DataBuffer.getDataTypeSize(picture.getRaster().getDataBuffer().getDataType()) - 8) : 0;
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                int argb = grey ? (picture.getRaster().getSample(x, y, 0) >> shift) * 0x010101 : picture.getRGB(x, y);
                for (int channel = 0; channel < COLOURS; channel++) {
                    bytes[(channel * height + y) * width + x] = argb >> 8 * (COLOURS - 1 - channel) & 0xff;
                }
            }
        }
        return bytes;
    }

    /**
     * The squares of a picture, row by row, behind rows of zeros for the class and distillation tokens.
     *
     * @param pixels [channels, side, side], normalised
     */
    public static Sequence sequence(float[] pixels, Architecture.Patches form) {
        int side = form.side();
        if (pixels.length != form.channels() * side * side) {
            throw new IllegalArgumentException(pixels.length + " numbers are no picture of " + form);
        }
        int across = side / form.patch();
        float[] given = new float[form.rows() * form.patchWidth()];
        int at = given.length - across * across * form.patchWidth();
        for (int square = 0; square < across * across; square++) {
            int top = square / across * form.patch();
            int left = square % across * form.patch();
            for (int channel = 0; channel < form.channels(); channel++) {
                for (int y = top; y < top + form.patch(); y++) {
                    System.arraycopy(pixels, (channel * side + y) * side + left, given, at, form.patch());
                    at += form.patch();
                }
            }
        }
        return new Sequence(new int[form.rows()], new int[form.rows()], given);
    }
}
