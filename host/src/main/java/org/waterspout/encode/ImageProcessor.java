package org.waterspout.encode;

import java.awt.image.BufferedImage;
import java.awt.image.DataBuffer;
import java.awt.image.IndexColorModel;
import java.nio.file.Path;
import org.waterspout.backend.HostMemory;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.OutOfMemoryException;
import org.waterspout.model.ModelFile;
import org.waterspout.model.architecture.Architecture;

/** Images as an encoder reads them: Dosovitskiy et al. 2021, section 3.1. */
public final class ImageProcessor {

    /** As many as Pillow reads without a warning. */
    private static final int MAX_PIXELS = 89_478_485;
    private static final int COLOURS = 3;

    private final Architecture.Patches patches;
    private final ImageProcessorConfig form;

    /** @param file says how images are prepared; {@code patches} what enters */
    public ImageProcessor(ModelFile file, String family, Architecture.Patches patches) {
        if (patches.channels() != COLOURS) {
            throw new InvalidRequestException("this model reads images of " + patches.channels() + " channels, not of red, green and blue");
        }
        this(patches, ImageProcessorConfig.of(file.metadata(), family, patches));
    }

    ImageProcessor(Architecture.Patches patches, ImageProcessorConfig form) {
        this.patches = patches;
        this.form = form;
    }

    /**
     * An image of any format that the JDK reads (PNG, JPEG, GIF, BMP, TIFF), as the camera was held: red, green and blue as Pillow reads
     * them. Of an animation the first frame, of a file of several pages the first. Its size is looked at before its pixels are.
     *
     * @throws InvalidRequestException when it is not there, no image, damaged, of a kind that is not supported, or has more than
     *                                 {@value #MAX_PIXELS} pixels
     * @throws OutOfMemoryException    when the Java heap has no room for its pixels
     */
    public static BufferedImage read(Path path) {
        return ImageFile.read(path, MAX_PIXELS);
    }

    /**
     * An image as the model reads it.
     *
     * @throws InvalidRequestException when it, or what it becomes at the model's size, has more than {@value #MAX_PIXELS} pixels
     * @throws OutOfMemoryException    when the Java heap has no room for that
     */
    public Sequence sequence(BufferedImage image) {
        return sequence(pixels(image), patches);
    }

    /** [channels, side, side], resized, rescaled and normalised. */
    float[] pixels(BufferedImage image) {
        int height = image.getHeight();
        int width = image.getWidth();
        long edge = form.edge();
        long longHeight = form.shorter() && height > width ? edge * height / width : edge;
        long longWidth = form.shorter() && width > height ? edge * width / height : edge;
        requireRoom(height, width, longHeight, longWidth);
        int newHeight = (int) longHeight;
        int newWidth = (int) longWidth;
        int[] bytes = Resizing.resized(bytes(image), COLOURS, height, width, newHeight, newWidth, form.filter());
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

    /** For its pixels, for what is between resizing across and down, and for what it becomes. */
    private static void requireRoom(int height, int width, long newHeight, long newWidth) {
        String size = "an image of " + width + " x " + height + " pixels";
        long given = (long) height * width;
        if (given > MAX_PIXELS) {
            throw new InvalidRequestException(size + "; at most " + MAX_PIXELS + " are read: make it smaller");
        }
        if (Math.max(height, newHeight) * newWidth > MAX_PIXELS) {
            throw new InvalidRequestException(size + " is too long for its width: this model reads it as " + newWidth + " x " + newHeight
                    + "; cut it into pieces that are nearer to a square");
        }
        long needed = Integer.BYTES * COLOURS * (given + (height + newHeight) * newWidth);
        if (!HostMemory.gives(needed)) {
            throw new OutOfMemoryException(size + ", which takes " + (needed >> 20)
                    + " MB of the Java heap: make it smaller, or the heap larger");
        }
    }

    /** [channels, height, width]; transparency does not count. */
    private static int[] bytes(BufferedImage image) {
        int height = image.getHeight();
        int width = image.getWidth();
        int[] bytes = new int[COLOURS * height * width];
        // the JDK takes grey pixels as linear light and would make them brighter as colours
        boolean grey = image.getColorModel().getNumColorComponents() == 1 && !(image.getColorModel() instanceof IndexColorModel);
        int shift = grey ? Math.max(0, DataBuffer.getDataTypeSize(image.getRaster().getDataBuffer().getDataType()) - 8) : 0;
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                int argb = grey ? (image.getRaster().getSample(x, y, 0) >> shift) * 0x010101 : image.getRGB(x, y);
                for (int channel = 0; channel < COLOURS; channel++) {
                    bytes[(channel * height + y) * width + x] = argb >> 8 * (COLOURS - 1 - channel) & 0xff;
                }
            }
        }
        return bytes;
    }

    /**
     * The patches of an image, row by row, behind rows of zeros for the class and distillation tokens.
     *
     * @param pixels [channels, side, side], normalised
     */
    public static Sequence sequence(float[] pixels, Architecture.Patches form) {
        int side = form.side();
        if (pixels.length != form.channels() * side * side) {
            throw new IllegalArgumentException(pixels.length + " numbers are no image of " + form);
        }
        int across = side / form.patch();
        float[] given = new float[form.rows() * form.patchWidth()];
        int at = given.length - across * across * form.patchWidth();
        for (int patch = 0; patch < across * across; patch++) {
            int top = patch / across * form.patch();
            int left = patch % across * form.patch();
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
