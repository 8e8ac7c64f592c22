package org.waterspout.encode;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.imageio.IIOException;
import javax.imageio.stream.MemoryCacheImageInputStream;

/** How a camera was held: the values 1 to 8 of EXIF 2.32, section 4.6.4, tag 274. Another value turns nothing. */
enum Orientation {
    UPRIGHT, MIRRORED, UPSIDE_DOWN, UPSIDE_DOWN_MIRRORED, TRANSPOSED, TURN_RIGHT, TRANSVERSED, TURN_LEFT;

    private static final byte[] EXIF = "Exif\0\0".getBytes(StandardCharsets.ISO_8859_1);
    private static final Pattern XMP = Pattern.compile("tiff:Orientation(=\"|>)([0-9])");

    static Orientation of(int value) {
        return value >= 1 && value <= values().length ? values()[value - 1] : UPRIGHT;
    }

    /**
     * What a file's EXIF data says or, where that says nothing, its XMP data.
     *
     * @param exif with or without the six bytes that mark it in a JPEG file; empty where there is none
     * @param xmp  XML; empty where there is none
     * @throws IIOException for EXIF data that is none
     */
    static Orientation of(byte[] exif, byte[] xmp) throws IOException {
        int from = 0;
        while (Arrays.mismatch(exif, from, Math.min(exif.length, from + EXIF.length), EXIF, 0, EXIF.length) < 0) {
            from += EXIF.length;
        }
        if (from == exif.length) {
            return of(OptionalInt.empty(), xmp);
        }
        try (MemoryCacheImageInputStream in = new MemoryCacheImageInputStream(new ByteArrayInputStream(exif, from, exif.length - from))) {
            TiffDirectory directory = TiffDirectory.read(in, false).orElseThrow(() -> new IIOException("its EXIF data is none"));
            return of(directory.value(TiffDirectory.ORIENTATION), xmp);
        }
    }

    /** The value of tag 274 or, where there is none, what XMP data says. */
    static Orientation of(OptionalInt value, byte[] xmp) {
        if (value.isPresent()) {
            return of(value.getAsInt());
        }
        Matcher found = XMP.matcher(new String(xmp, StandardCharsets.ISO_8859_1));
        return found.find() ? of(Integer.parseInt(found.group(2))) : UPRIGHT;
    }

    private boolean swaps() {
        return ordinal() >= TRANSPOSED.ordinal();
    }

    /** @param rgb [height, width], the file's rows */
    BufferedImage upright(int[] rgb, int width, int height) {
        int newWidth = swaps() ? height : width;
        int newHeight = swaps() ? width : height;
        BufferedImage image = new BufferedImage(newWidth, newHeight, BufferedImage.TYPE_INT_RGB);
        int[] row = new int[newWidth];
        for (int y = 0; y < newHeight; y++) {
            for (int x = 0; x < newWidth; x++) {
                int right = newWidth - 1 - x;
                int below = newHeight - 1 - y;
                row[x] = switch (this) {
                    case UPRIGHT -> rgb[y * width + x];
                    case MIRRORED -> rgb[y * width + right];
                    case UPSIDE_DOWN -> rgb[below * width + right];
                    case UPSIDE_DOWN_MIRRORED -> rgb[below * width + x];
                    case TRANSPOSED -> rgb[x * width + y];
                    case TURN_RIGHT -> rgb[right * width + y];
                    case TRANSVERSED -> rgb[right * width + below];
                    case TURN_LEFT -> rgb[x * width + below];
                };
            }
            image.getRaster().setDataElements(0, y, newWidth, 1, row);
        }
        return image;
    }
}
