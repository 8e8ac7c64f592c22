package org.waterspout.encode;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.OptionalInt;
import javax.imageio.IIOException;
import javax.imageio.stream.ImageInputStream;

/**
 * What stands before the scan of a JPEG file: ITU-T T.81, annex B.
 *
 * @param names         of the components, in their order
 * @param jfif          whether there is a JFIF segment
 * @param adobeTransform of Adobe's segment
 * @param exif          data of the EXIF segments, each behind its mark, one after the other; empty where there is none
 * @param xmp           XML; empty where there is none
 */
record JpegSegments(int[] names, boolean jfif, OptionalInt adobeTransform, byte[] exif, byte[] xmp) {

    private static final int START_OF_SCAN = 0xda;
    private static final int END = 0xd9;
    private static final int APP0 = 0xe0;
    private static final int APP1 = 0xe1;
    private static final int APP14 = 0xee;
    private static final int BYTES_BEFORE_COMPONENTS = 6;
    private static final int BYTES_OF_COMPONENT = 3;
    private static final int ADOBE_TRANSFORM = 11;
    private static final byte[] JFIF_MARK = "JFIF\0".getBytes(StandardCharsets.ISO_8859_1);
    private static final byte[] ADOBE_MARK = "Adobe".getBytes(StandardCharsets.ISO_8859_1);
    private static final byte[] EXIF_MARK = "Exif\0\0".getBytes(StandardCharsets.ISO_8859_1);
    private static final byte[] XMP_MARK = "http://ns.adobe.com/xap/1.0/\0".getBytes(StandardCharsets.ISO_8859_1);

    static JpegSegments read(ImageInputStream in) throws IOException {
        int[] names = {};
        boolean jfif = false;
        OptionalInt adobe = OptionalInt.empty();
        ByteArrayOutputStream exif = new ByteArrayOutputStream();
        byte[] xmp = {};
        in.seek(2);
        for (int marker = marker(in); marker != START_OF_SCAN && marker != END; marker = marker(in)) {
            if (marker == 0x01 || marker >= 0xd0 && marker < END) { // these have no length
                continue;
            }
            byte[] data = new byte[Math.max(0, in.readUnsignedShort() - 2)];
            in.readFully(data);
            if (isFrame(marker)) {
                names = names(data);
            } else if (marker == APP0 && begins(data, JFIF_MARK)) {
                jfif = true;
            } else if (marker == APP14 && begins(data, ADOBE_MARK) && data.length > ADOBE_TRANSFORM) {
                adobe = OptionalInt.of(data[ADOBE_TRANSFORM] & 0xff);
            } else if (marker == APP1 && begins(data, EXIF_MARK)) {
                exif.write(data, EXIF_MARK.length, data.length - EXIF_MARK.length);
            } else if (marker == APP1 && begins(data, XMP_MARK)) {
                xmp = Arrays.copyOfRange(data, XMP_MARK.length, data.length);
            }
        }
        return new JpegSegments(names, jfif, adobe, exif.toByteArray(), xmp);
    }

    /** The next one; what stands before it is no segment and is passed over, as all readers do. */
    private static int marker(ImageInputStream in) throws IOException {
        int marker = in.readUnsignedByte();
        while (true) {
            int next = in.readUnsignedByte();
            if (marker == 0xff && next != 0 && next != 0xff) {
                return next;
            }
            marker = next;
        }
    }

    /** SOF0 to SOF15: Huffman and arithmetic tables (c4, cc) and an extension (c8) stand between them. */
    private static boolean isFrame(int marker) {
        return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
    }

    private static int[] names(byte[] frame) throws IOException {
        int count = frame.length < BYTES_BEFORE_COMPONENTS ? 0 : frame[BYTES_BEFORE_COMPONENTS - 1] & 0xff;
        if (frame.length < BYTES_BEFORE_COMPONENTS + BYTES_OF_COMPONENT * count) {
            throw new IIOException("its frame's header is cut off");
        }
        int[] names = new int[count];
        Arrays.setAll(names, i -> frame[BYTES_BEFORE_COMPONENTS + BYTES_OF_COMPONENT * i] & 0xff);
        return names;
    }

    private static boolean begins(byte[] data, byte[] mark) {
        return data.length >= mark.length && Arrays.equals(data, 0, mark.length, mark, 0, mark.length);
    }

    /**
     * What samples of three or four components mean, as libjpeg decides it (jdapimin.c, default_decompress_parms).
     *
     * @return {@code true} where the first three are a brightness and two differences of colour
     */
    boolean differences() {
        if (names.length == 4) {
            return adobeTransform.isPresent() && adobeTransform.getAsInt() == 2;
        }
        if (jfif) {
            return true;
        }
        return adobeTransform.isPresent() ? adobeTransform.getAsInt() != 0 : !Arrays.equals(names, new int[] {'R', 'G', 'B'});
    }
}
