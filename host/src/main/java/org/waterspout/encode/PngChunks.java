package org.waterspout.encode;

import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.zip.InflaterInputStream;
import javax.imageio.IIOException;
import javax.imageio.stream.ImageInputStream;

/**
 * What stands beside the pixels of a PNG file: the PNG specification (third edition), section 11.3.
 *
 * @param grey whether its pixels are a brightness alone
 * @param exif EXIF data, of its own chunk or of the text in which ImageMagick keeps it; empty where there is none
 * @param xmp  XML; empty where there is none
 */
record PngChunks(boolean grey, byte[] exif, byte[] xmp) {

    private static final int BYTES_OF_SIGNATURE = 8;
    private static final int BYTES_OF_SUM = 4;
    private static final int MAX_BYTES = 1 << 20;
    private static final String XMP = "XML:com.adobe.xmp";
    private static final String EXIF = "Raw profile type exif";

    static PngChunks read(ImageInputStream in) throws IOException {
        boolean grey = false;
        byte[] exif = {};
        byte[] exifText = {};
        byte[] xmp = {};
        in.seek(BYTES_OF_SIGNATURE);
        while (true) {
            long length = in.readUnsignedInt();
            int type = in.readInt();
            long next = in.getStreamPosition() + length + BYTES_OF_SUM;
            String name = name(type);
            if (name.equals("IEND")) {
                return new PngChunks(grey, exif.length > 0 ? exif : exifText, xmp);
            }
            if (name.equals("IHDR")) { // width, height, bits, kind of colour
                in.skipBytes(2 * Integer.BYTES + 1);
                grey = in.readUnsignedByte() == 0;
            } else if (name.equals("eXIf")) {
                exif = data(in, length);
            } else if (name.endsWith("Xt")) {
                Text text = Text.of(name, data(in, length));
                xmp = text.keyword.equals(XMP) ? text.content() : xmp;
                exifText = text.keyword.equals(EXIF) ? profile(text.content()) : exifText;
            }
            in.seek(next);
        }
    }

    private static String name(int type) {
        return new String(new byte[] {(byte) (type >> 24), (byte) (type >> 16), (byte) (type >> 8), (byte) type},
                StandardCharsets.ISO_8859_1);
    }

    private static byte[] data(ImageInputStream in, long length) throws IOException {
        if (length > MAX_BYTES) {
            return new byte[0]; // the longest EXIF data that a JPEG file can hold in one piece has 64 KB
        }
        byte[] data = new byte[(int) length];
        in.readFully(data);
        return data;
    }

    /** A line's end, the profile's name, its length, and its bytes in hexadecimal digits. */
    private static byte[] profile(byte[] text) throws IOException {
        String[] lines = new String(text, StandardCharsets.ISO_8859_1).split("\n", 4);
        try {
            return lines.length < 4 ? new byte[0] : HexFormat.of().parseHex(lines[3].replaceAll("\\s", ""));
        } catch (IllegalArgumentException e) {
            throw new IIOException("its EXIF data is none", e);
        }
    }

    /** A chunk of text; packed with zlib or not. */
    private record Text(String keyword, boolean packed, byte[] data, int from) {

        static Text of(String chunk, byte[] data) {
            int end = end(data, 0);
            String keyword = new String(data, 0, end, StandardCharsets.ISO_8859_1);
            if (chunk.equals("iTXt")) { // packed or not, how, the language, and the keyword in it
                boolean packed = end + 1 < data.length && data[end + 1] == 1;
                return new Text(keyword, packed, data, end(data, end(data, Math.min(data.length, end + 3)) + 1) + 1);
            }
            return new Text(keyword, chunk.equals("zTXt"), data, end + (chunk.equals("zTXt") ? 2 : 1));
        }

        private static int end(byte[] data, int from) {
            int end = from;
            while (end < data.length && data[end] != 0) {
                end++;
            }
            return end;
        }

        byte[] content() throws IOException {
            int at = Math.min(from, data.length);
            ByteArrayInputStream bytes = new ByteArrayInputStream(data, at, data.length - at);
            if (!packed) {
                return bytes.readAllBytes();
            }
            try (InflaterInputStream unpacked = new InflaterInputStream(bytes)) {
                return unpacked.readNBytes(MAX_BYTES);
            } catch (EOFException e) {
                throw new IIOException("its text is cut off", e);
            }
        }
    }
}
