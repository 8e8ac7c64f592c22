package org.waterspout.encode;

import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.DirectColorModel;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.Spliterators;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import javax.imageio.IIOException;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.waterspout.backend.HostMemory;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.OutOfMemoryException;
import org.waterspout.error.Reason;
import org.waterspout.error.WaterspoutException;

/** An image in a file, on its way to upright pixels of red, green and blue, those of Pillow's exif_transpose and convert("RGB"). */
final class ImageFile {

    /** Decoded (up to 8 a pixel), in the file's rows, upright, and a number for each colour. */
    private static final int BYTES_OF_PIXEL = 8 + 2 * Integer.BYTES + 3 * Integer.BYTES;

    private static final Logger LOG = LoggerFactory.getLogger(ImageFile.class);
    private static final Map<String, String> FORMATS = Map.of("\u0089PNG", "png", "\u00ff\u00d8", "jpeg", "GIF8", "gif", "BM", "bmp",
            "II*\0", "tiff", "MM\0*", "tiff");

    private final Path path;
    private final int maxPixels;
    private final ImageInputStream in;
    private boolean cutOff;

    private ImageFile(Path path, int maxPixels, ImageInputStream in) {
        this.path = path;
        this.maxPixels = maxPixels;
        this.in = in;
    }

    /** Errors as {@link ImageProcessor#read}. */
    static BufferedImage read(Path path, int maxPixels) {
        if (!Files.isRegularFile(path)) {
            throw new InvalidRequestException(path + (Files.exists(path) ? " is no file" : " does not exist; check the path"));
        }
        try (ImageInputStream in = new MemoryCacheImageInputStream(Files.newInputStream(path))) {
            return new ImageFile(path, maxPixels, in).read();
        } catch (WaterspoutException refused) {
            throw refused;
        } catch (EOFException cutOff) {
            throw damaged(path, "it ends early", cutOff);
        } catch (IOException damaged) {
            throw damaged(path, Reason.of(damaged), damaged);
        } catch (RuntimeException damaged) { // the JDK's readers throw many kinds for files that are
            throw damaged(path, "its data is malformed", damaged);
        }
    }

    private static InvalidRequestException damaged(Path path, String how, Exception cause) {
        return new InvalidRequestException(path + " is a damaged image: " + how + "; get the file again", cause);
    }

    private BufferedImage read() throws IOException {
        String format = format();
        // the JDK's own: what else is installed must change no number
        ImageReader reader = stream(ImageIO.getImageReadersByFormatName(format))
                .filter(one -> one.getClass().getModule() == ImageIO.class.getModule()).findFirst().orElseThrow();
        try {
            reader.addIIOReadWarningListener((_, warning) -> warned(warning));
            reader.setInput(in, true, !format.equals("gif"));
            BufferedImage image = switch (format) {
                case "jpeg" -> jpeg(reader);
                case "png" -> png(reader);
                case "gif" -> gif(reader);
                case "tiff" -> tiff(reader);
                default -> bmp(reader);
            };
            if (cutOff) {
                throw new EOFException();
            }
            return image;
        } finally {
            reader.dispose();
        }
    }

    private static Stream<ImageReader> stream(Iterator<ImageReader> readers) {
        return StreamSupport.stream(Spliterators.spliteratorUnknownSize(readers, 0), false);
    }

    /** By the first bytes. */
    private String format() throws IOException {
        byte[] start = new byte[4];
        int length = Math.max(0, in.read(start));
        rewind();
        String first = new String(start, 0, length, StandardCharsets.ISO_8859_1);
        for (Map.Entry<String, String> format : FORMATS.entrySet()) {
            if (first.startsWith(format.getKey())) {
                return format.getValue();
            }
        }
        throw new InvalidRequestException(path + " is no image that can be read: give a PNG, JPEG, GIF, BMP or TIFF file");
    }

    private void rewind() throws IOException {
        in.seek(0);
        in.setByteOrder(ByteOrder.BIG_ENDIAN);
    }

    /** The JDK fills up what is missing of a JPEG file, and says so. */
    private void warned(String warning) {
        LOG.debug("{}: {}", path, warning);
        cutOff |= warning.contains("Truncated") || warning.toLowerCase(Locale.ROOT).contains("premature end");
    }

    private BufferedImage jpeg(ImageReader reader) throws IOException {
        JpegSegments segments = JpegSegments.read(in);
        Orientation orientation = Orientation.of(segments.exif(), segments.xmp());
        ImageColors colours = ImageColors.of(segments)
                .orElseThrow(() -> unknown("a JPEG file of " + segments.names().length + " components"));
        rewind();
        requireSize(reader);
        return upright(colours.of(reader.readRaster(0, null)), reader, orientation);
    }

    private BufferedImage png(ImageReader reader) throws IOException {
        PngChunks chunks = PngChunks.read(in);
        Orientation orientation = Orientation.of(chunks.exif(), chunks.xmp());
        rewind();
        requireSize(reader);
        BufferedImage image = reader.read(0);
        return upright(chunks.grey() ? grey(image) : rgb(image), reader, orientation);
    }

    private int[] grey(BufferedImage image) throws IIOException {
        return image.getColorModel() instanceof IndexColorModel ? rgb(image) : ImageColors.GREY.of(image.getRaster());
    }

    private BufferedImage bmp(ImageReader reader) throws IOException {
        requireSize(reader);
        return upright(rgb(reader.read(0)), reader, Orientation.UPRIGHT);
    }

    private BufferedImage tiff(ImageReader reader) throws IOException {
        TiffDirectory directory = TiffDirectory.read(in, true).orElseThrow(() -> unknown("a TIFF file of another kind"));
        Orientation orientation = Orientation.of(directory.value(TiffDirectory.ORIENTATION), directory.bytes(TiffDirectory.XMP));
        rewind();
        requireSize(reader);
        return upright(rgb(directory, reader.read(0)), reader, orientation);
    }

    private int[] rgb(TiffDirectory directory, BufferedImage image) throws IIOException {
        int photometric = directory.value(TiffDirectory.PHOTOMETRIC).orElse(-1);
        int compression = directory.value(TiffDirectory.COMPRESSION).orElse(0);
        Raster raster = image.getRaster();
        // numbers of more than 8 bits whose 0 is white: Pillow does not invert them; differences of colour that are no JPEG's: the JDK
        // rounds otherwise
        boolean asPillow = photometric == 0 ? raster.getTransferType() == DataBuffer.TYPE_BYTE
                : photometric != 6 || compression == TiffDirectory.JPEG;
        if (photometric == 5) {
            return ImageColors.CMYK.of(raster);
        }
        if (photometric == 3) {
            int[] parts = directory.values(TiffDirectory.COLOURS);
            int count = parts.length / 3;
            return ImageColors.ofPalette(raster, IntStream.range(0, count)
                    .map(i -> parts[i] >> 8 << 16 | parts[count + i] >> 8 << 8 | parts[2 * count + i] >> 8).toArray());
        }
        if (asPillow && Set.of(0, 1, 2, 6).contains(photometric)) {
            return rgb(image);
        }
        throw unknown("a TIFF file of photometric interpretation " + photometric + ", " + raster.getSampleModel().getSampleSize(0)
                + " bits, compression " + compression);
    }

    /** The first frame on the screen that it belongs to. What it leaves of that has its transparent colour or, without one, its first. */
    private BufferedImage gif(ImageReader reader) throws IOException {
        GifFrame frame = GifFrame.of(reader);
        requireSize(frame.screenWidth(), frame.screenHeight());
        requireSize(reader);
        BufferedImage image = reader.read(0);
        int[] colours = frame.hasColours() ? colours(image) : greys();
        int[] pixels = ImageColors.ofPalette(image.getRaster(), colours);
        int[] screen = new int[frame.screenWidth() * frame.screenHeight()];
        Arrays.fill(screen, frame.behind() < colours.length ? colours[frame.behind()] : 0);
        for (int y = 0; y < image.getHeight(); y++) {
            System.arraycopy(pixels, y * image.getWidth(), screen, (frame.top() + y) * frame.screenWidth() + frame.left(),
                    image.getWidth());
        }
        return Orientation.UPRIGHT.upright(screen, frame.screenWidth(), frame.screenHeight());
    }

    private static int[] greys() {
        return IntStream.range(0, 256).map(grey -> grey * 0x010101).toArray();
    }

    private static int[] colours(BufferedImage image) throws IIOException {
        if (image.getColorModel() instanceof IndexColorModel palette) {
            int[] colours = new int[palette.getMapSize()];
            palette.getRGBs(colours);
            return colours;
        }
        throw new IIOException("its palette is missing");
    }

    private static BufferedImage upright(int[] rgb, ImageReader reader, Orientation orientation) throws IOException {
        return orientation.upright(rgb, reader.getWidth(0), reader.getHeight(0));
    }

    private int[] rgb(BufferedImage image) throws IIOException {
        ColorModel model = image.getColorModel();
        Raster raster = image.getRaster();
        if (model instanceof IndexColorModel) {
            return ImageColors.ofPalette(raster, colours(image));
        }
        int type = raster.getTransferType();
        boolean whole = type == DataBuffer.TYPE_BYTE || type == DataBuffer.TYPE_USHORT || model instanceof DirectColorModel;
        if (model.getNumColorComponents() == 1) {
            if (raster.getNumBands() == 1) {
                return ImageColors.GREY.of(raster);
            }
            if (whole && !model.isAlphaPremultiplied()) {
                return ImageColors.GREY_ALPHA.of(raster);
            }
        } else if (model.getNumColorComponents() == 3 && whole) {
            return (model.isAlphaPremultiplied() ? ImageColors.PREMULTIPLIED_RGB : ImageColors.RGB).of(raster);
        }
        throw unknown("an image of " + raster.getNumBands() + " samples a pixel, " + model.getComponentSize(0) + " bits each");
    }

    private InvalidRequestException unknown(String what) {
        return new InvalidRequestException(path + " is " + what + ", which is not supported: save it as a PNG of 8 bits a colour");
    }

    private void requireSize(ImageReader reader) throws IOException {
        requireSize(reader.getWidth(0), reader.getHeight(0));
    }

    private void requireSize(int width, int height) throws IOException {
        String size = path + " is an image of " + width + " x " + height + " pixels";
        if (width < 1 || height < 1) {
            throw new InvalidRequestException(size + "; none are left to read: get the file again");
        }
        long pixels = (long) width * height;
        if (pixels > maxPixels) {
            throw new InvalidRequestException(size + "; at most " + maxPixels + " are read: make it smaller");
        }
        long needed = pixels * BYTES_OF_PIXEL + Files.size(path);
        if (!HostMemory.gives(needed)) {
            throw new OutOfMemoryException(size + ", which take " + (needed >> 20)
                    + " MB of the Java heap: make it smaller, or the heap larger");
        }
    }
}
