package org.waterspout.encode;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.awt.Transparency;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ComponentColorModel;
import java.awt.image.ComponentSampleModel;
import java.awt.image.DataBuffer;
import java.awt.image.DataBufferByte;
import java.awt.image.Raster;
import java.awt.image.WritableRaster;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.model.architecture.Architecture;

/** Files of every kind, recorded with Pillow by record_images.py; files that say they are huge, and files that are damaged. */
class ImageProcessorTest {

    private static final int FEW_PIXELS = 10_000;
    private static final int WIDTH_OF_PNG = 16; // behind the signature and the header chunk's length and name
    private static final long SEED = Long.getLong("waterspout.seed", 14);

    /** Those that Pillow reads otherwise than their specification says, in which the JDK rounds otherwise, or that Pillow refuses too. */
    private static final Map<String, String> REFUSED = Map.of(
            "white-is-zero-16.tif", "photometric interpretation 0, 16 bits",
            "grey-premultiplied-8.tif", "2 samples a pixel",
            "lab.tif", "photometric interpretation 8, 8 bits",
            "ycc.tif", "photometric interpretation 6, 8 bits, compression 1");

    private static final Map<String, JsonNode> RECORDED = new TreeMap<>();

    @TempDir
    private Path folder;

    @BeforeAll
    static void readRecorded() throws IOException {
        try (InputStream in = ImageProcessorTest.class.getResourceAsStream("/pictures.json")) {
            new ObjectMapper().readTree(in).properties().forEach(one -> RECORDED.put(one.getKey(), one.getValue()));
        }
    }

    private static byte[] file(String name) {
        return Base64.getDecoder().decode(RECORDED.get(name).get("file").asText());
    }

    private Path written(String name, byte[] bytes) throws IOException {
        return Files.write(folder.resolve(name), bytes);
    }

    private static byte[] rgb(BufferedImage image) {
        int width = image.getWidth();
        byte[] rgb = new byte[3 * width * image.getHeight()];
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] = (byte) (image.getRGB(i / 3 % width, i / 3 / width) >> 8 * (2 - i % 3));
        }
        return rgb;
    }

    @Test
    void filesOfEveryKindAreReadAsPillowReadsThemOrRefusedByWhatTheyAre() throws IOException {
        int read = 0;
        for (String name : RECORDED.keySet()) {
            Path path = written(name, file(name));
            JsonNode recorded = RECORDED.get(name);
            if (REFUSED.containsKey(name)) {
                String message = assertThrows(InvalidRequestException.class, () -> ImageProcessor.read(path), name).getMessage();
                assertTrue(message.contains(name + " is ") && message.contains(REFUSED.get(name)) && message.contains("not supported"),
                        message);
            } else if (recorded.has("rgb")) {
                BufferedImage image = ImageProcessor.read(path);
                assertEquals(recorded.get("width").asInt(), image.getWidth(), name);
                assertEquals(recorded.get("height").asInt(), image.getHeight(), name);
                assertArrayEquals(Base64.getDecoder().decode(recorded.get("rgb").asText()), rgb(image), name);
                read++;
            }
        }
        assertTrue(read > 170, read + " images");
    }

    /** Corners, so that the recording is not all that says which way is which: EXIF's table of where the first row and column stand. */
    @Test
    void theFirstRowAndColumnStandWhereTheOrientationSays() throws IOException {
        BufferedImage upright = ImageProcessor.read(written("upright.png", file("turned-1.png")));
        int right = upright.getWidth() - 1;
        int below = upright.getHeight() - 1;
        int[][] corners = {{0, 0}, {right, 0}, {right, below}, {0, below}, {0, 0}, {0, below}, {right, below}, {right, 0}};
        for (int i = 0; i < corners.length; i++) { // where the file's first pixel is in the upright image
            String name = "turned-" + (i + 1) + ".png";
            BufferedImage turned = ImageProcessor.read(written(name, file(name)));
            boolean swapped = i >= 4;
            assertEquals(upright.getWidth(), swapped ? turned.getHeight() : turned.getWidth(), name);
            int x = corners[i][0] == 0 ? 0 : turned.getWidth() - 1;
            int y = corners[i][1] == 0 ? 0 : turned.getHeight() - 1;
            if (i == 5 || i == 7) { // the file's first row is the right side (6) or the left (8), its first column the top or the bottom
                x = i == 5 ? turned.getWidth() - 1 : 0;
                y = i == 5 ? 0 : turned.getHeight() - 1;
            }
            assertEquals(upright.getRGB(0, 0), turned.getRGB(x, y), name);
        }
    }

    /** A file of a format with another size in its header; its pixels stay. */
    private static byte[] resized(String format, int width, int height) {
        byte[] file = file(switch (format) {
            case "png" -> "rgb-8.png";
            case "jpg" -> "ycc-444.jpg";
            case "gif" -> "plain.gif";
            case "bmp" -> "8-runs.bmp";
            default -> "rgb-8.tif";
        });
        ByteBuffer little = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        switch (format) {
            case "png" -> {
                ByteBuffer.wrap(file).putInt(WIDTH_OF_PNG, width).putInt(WIDTH_OF_PNG + 4, height);
                CRC32 sum = new CRC32();
                sum.update(file, 12, 17);
                ByteBuffer.wrap(file).putInt(29, (int) sum.getValue());
            }
            case "jpg" -> {
                int frame = new String(file, StandardCharsets.ISO_8859_1).indexOf("\u00ff\u00c0");
                ByteBuffer.wrap(file).putShort(frame + 5, (short) height).putShort(frame + 7, (short) width);
            }
            case "gif" -> little.putShort(6, (short) width).putShort(8, (short) height);
            case "bmp" -> little.putInt(18, width).putInt(22, height);
            default -> {
                int directory = little.getInt(4) + 2;
                little.putShort(directory + 2, (short) 4).putInt(directory + 8, width);
                little.putShort(directory + 14, (short) 4).putInt(directory + 20, height);
            }
        }
        return file;
    }

    @CsvSource({"png, 30000, 30000", "png, 2147483647, 2147483647", "png, 2147483647, 1", "png, 1, 2147483647", "jpg, 65500, 65500",
            "gif, 65535, 65535",
            "bmp, 30000, 30000", "tif, 30000, 30000", "tif, 2147483647, 2147483647"})
    @ParameterizedTest
    void aHugeImageIsRefusedByItsHeader(String format, int width, int height) throws IOException {
        Path path = written("huge." + format, resized(format, width, height));
        String message = assertThrows(InvalidRequestException.class, () -> ImageProcessor.read(path)).getMessage();
        assertTrue(message.endsWith("huge." + format + " is an image of " + width + " x " + height
                + " pixels; at most 89478485 are read: make it smaller"), message);
    }

    @CsvSource({"png, 0, 3", "png, 3, 0", "jpg, 0, 3", "jpg, 3, 0", "bmp, 0, 3", "bmp, 3, 0", "tif, 0, 3", "tif, 3, 0"})
    @ParameterizedTest
    void aImageWithoutPixelsIsRefused(String format, int width, int height) throws IOException {
        Path path = written("empty." + format, resized(format, width, height));
        String message = assertThrows(InvalidRequestException.class, () -> ImageProcessor.read(path)).getMessage();
        assertTrue(message.contains("empty." + format + " is ") && !message.contains("at most"), message);
    }

    /** 8,000 by 8,000 pixels are allowed, but more than a heap of 200 MB holds. */
    @Test
    void aImageThatTheHeapHasNoRoomForIsRefusedBeforeItIsDecoded() throws Exception {
        Path path = written("large.png", resized("png", 8000, 8000));
        Process process = new ProcessBuilder(ProcessHandle.current().info().command().orElseThrow(), "-Xmx200m", "-cp",
                System.getProperty("java.class.path"), Reading.class.getName(), path.toString()).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(process.waitFor(1, TimeUnit.MINUTES));
        assertTrue(said.contains("OutOfMemoryException: ") && said.contains(
                "large.png is an image of 8000 x 8000 pixels, which take 1708 MB of the Java heap"), said);
    }

    /** Says in a process of its own what reading an image ends with. */
    static final class Reading {

        private Reading() {
        }

        public static void main(String[] paths) {
            try {
                ImageProcessor.read(Path.of(paths[0]));
                System.out.println("read");
            } catch (Throwable thrown) {
                System.out.println(thrown.getClass().getSimpleName() + ": " + thrown.getMessage());
            }
        }
    }

    /** A caller's own image; all its pixels are one. */
    private static BufferedImage image(int width, int height) {
        ComponentSampleModel all = new ComponentSampleModel(DataBuffer.TYPE_BYTE, width, height, 0, 0, new int[1]);
        WritableRaster raster = Raster.createWritableRaster(all, new DataBufferByte(new byte[] {9}, 1), null);
        return new BufferedImage(new ComponentColorModel(ColorSpace.getInstance(ColorSpace.CS_GRAY), false, false, Transparency.OPAQUE,
                DataBuffer.TYPE_BYTE), raster, false, null);
    }

    private static ImageProcessor model(boolean shorter) {
        List<Double> half = List.of(0.5, 0.5, 0.5);
        return new ImageProcessor(new Architecture.Patches(32, 16, 3, false, new Architecture.Learned(5), Optional.empty()),
                new ImageProcessorConfig(32, shorter, 32, ImageProcessorConfig.Filter.BILINEAR, 1 / 255.0, half, half));
    }

    @CsvSource({"true, 30000, 30000, at most 89478485", "true, 1, 80000000, too long", "true, 80000000, 1, too long",
            "false, 1, 80000000, too long",
            "true, 2, 3000000, too long"})
    @ParameterizedTest
    void aImageThatWouldBecomeHugeIsRefused(boolean shorter, int width, int height, String why) {
        String message = assertThrows(InvalidRequestException.class, () -> model(shorter).pixels(image(width, height))).getMessage();
        assertTrue(message.startsWith("an image of " + width + " x " + height + " pixels") && message.contains(why), message);
    }

    @Test
    void aLongImageIsRead() {
        for (boolean shorter : List.of(false, true)) {
            float[] expected = new float[3 * 32 * 32];
            Arrays.fill(expected, (float) ((9 / 255.0 - 0.5) / 0.5));
            assertArrayEquals(expected, model(shorter).pixels(image(2, 20_000)), 1e-6f);
        }
    }

    @Test
    void whatIsNoImageIsRefused() throws IOException {
        for (byte[] bytes : List.of(new byte[0], new byte[] {0}, "text, no image".getBytes(StandardCharsets.UTF_8),
                new byte[] {0, 0, 4, 4, 0, 0, 0, 0})) {
            Path path = written("other", bytes);
            String message = assertThrows(InvalidRequestException.class, () -> ImageProcessor.read(path)).getMessage();
            assertTrue(message.endsWith("other is no image that can be read: give a PNG, JPEG, GIF, BMP or TIFF file"), message);
        }
        assertTrue(assertThrows(InvalidRequestException.class, () -> ImageProcessor.read(folder)).getMessage().endsWith(" is no file"));
        assertTrue(assertThrows(InvalidRequestException.class, () -> ImageProcessor.read(folder.resolve("missing.png"))).getMessage()
                .endsWith("missing.png does not exist; check the path"));
    }

    /** What is missing is never made up: a file that is cut off is refused, or has all its pixels. */
    @ValueSource(strings = {"png", "jpg", "gif", "bmp", "tif"})
    @ParameterizedTest
    @Tag("slow")
    void aFileThatIsCutOffIsRefusedOrReadWhole(String format) throws IOException {
        int refused = 0;
        for (String name : RECORDED.keySet()) {
            if (!name.endsWith(format) || REFUSED.containsKey(name) || !RECORDED.get(name).has("rgb")) {
                continue;
            }
            byte[] whole = file(name);
            byte[] pixels = Base64.getDecoder().decode(RECORDED.get(name).get("rgb").asText());
            for (int length = 0; length < whole.length; length += Math.max(1, whole.length / 15)) {
                BufferedImage read = readOrRefused(Arrays.copyOf(whole, length));
                refused += read == null ? 1 : 0;
                if (read != null) {
                    assertArrayEquals(pixels, rgb(read), name + ", " + length + " of " + whole.length + " bytes");
                }
            }
        }
        assertTrue(refused > 100, refused + " refused");
    }

    @ValueSource(strings = {"png", "jpg", "gif", "bmp", "tif"})
    @ParameterizedTest
    @Tag("slow")
    void aFileWithChangedBytesIsReadOrRefused(String format) throws IOException {
        System.out.println("seed " + SEED);
        Random random = new Random(SEED);
        int refused = 0;
        int read = 0;
        for (String name : RECORDED.keySet()) {
            byte[] whole = file(name);
            for (int i = 0; i < 15 && name.endsWith(format); i++) {
                byte[] changed = whole.clone();
                for (int change = random.nextInt(3); change >= 0; change--) {
                    int at = random.nextInt(random.nextBoolean() ? Math.min(120, whole.length) : whole.length);
                    changed[at] = (byte) (random.nextBoolean() ? random.nextInt(256) : random.nextBoolean() ? 0xff : 0);
                }
                BufferedImage image = readOrRefused(changed);
                refused += image == null ? 1 : 0;
                read += image == null ? 0 : 1;
            }
        }
        assertTrue(refused > 10 && read > 10, refused + " refused, " + read + " read");
    }

    /** Few pixels are allowed, as a header that was changed into a large size takes its time. */
    private BufferedImage readOrRefused(byte[] bytes) throws IOException {
        Path path = written("changed", bytes);
        try {
            BufferedImage image = ImageFile.read(path, FEW_PIXELS);
            assertTrue(image.getWidth() * image.getHeight() <= FEW_PIXELS);
            return image;
        } catch (InvalidRequestException refused) {
            String message = refused.getMessage();
            assertTrue(new TreeSet<>(List.of("changed is a damaged image: ", "changed is an image of ",
                    "changed is no image that can be read: ", "changed is a JPEG file of ", "changed is a TIFF file of ")).stream()
                    .anyMatch(message::contains), message);
            return null;
        }
    }
}
