package org.waterspout.encode;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import javax.imageio.stream.ImageInputStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The first directory of a TIFF file, or of EXIF data, which are such a file: TIFF 6.0, section 2. Values other than whole numbers and
 * bytes are not read.
 */
record TiffDirectory(Map<Integer, int[]> tags) {

    private static final Logger LOG = LoggerFactory.getLogger(TiffDirectory.class);

    static final int COMPRESSION = 259;
    static final int PHOTOMETRIC = 262;
    static final int ORIENTATION = 274;
    static final int COLOURS = 320;
    static final int XMP = 700;

    /** The value of {@link #COMPRESSION} for JPEG of the second kind. */
    static final int JPEG = 7;

    private static final int VERSION = 42;
    private static final int BYTE = 1;
    private static final int SHORT = 3;
    private static final int LONG = 4;
    private static final int UNDEFINED = 7;
    private static final int BYTES_OF_ENTRY = 12;
    private static final int MAX_VALUES = 1 << 20;

    /**
     * The directory of the file that begins where {@code in} stands; nothing where there is no file of this kind.
     *
     * @param whole whether it is an error that it ends early; else what it says before counts, as in Pillow
     */
    static Optional<TiffDirectory> read(ImageInputStream in, boolean whole) throws IOException {
        long start = in.getStreamPosition();
        int mark = in.read() << 8 | in.read();
        if (mark != 0x4949 && mark != 0x4d4d) {
            return Optional.empty();
        }
        in.setByteOrder(mark == 0x4949 ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
        if (in.readUnsignedShort() != VERSION) {
            return Optional.empty();
        }
        Map<Integer, int[]> tags = new HashMap<>();
        try {
            in.seek(start + in.readUnsignedInt());
            int entries = in.readUnsignedShort();
            long first = in.getStreamPosition();
            for (int i = 0; i < entries; i++) {
                in.seek(first + (long) BYTES_OF_ENTRY * i);
                readEntry(in, start, tags);
            }
        } catch (EOFException cutOff) {
            if (whole) {
                throw cutOff;
            }
            LOG.debug("a directory of tags ends early", cutOff);
        }
        return Optional.of(new TiffDirectory(tags));
    }

    private static void readEntry(ImageInputStream in, long start, Map<Integer, int[]> tags) throws IOException {
        int tag = in.readUnsignedShort();
        int kind = in.readUnsignedShort();
        long count = in.readUnsignedInt();
        int bytes = kind == SHORT ? Short.BYTES : kind == LONG ? Integer.BYTES : 1;
        if (kind != BYTE && kind != SHORT && kind != LONG && kind != UNDEFINED || count > MAX_VALUES) {
            return;
        }
        if (count * bytes > Integer.BYTES) {
            in.seek(start + in.readUnsignedInt());
        }
        tags.put(tag, values(in, kind, (int) count));
    }

    private static int[] values(ImageInputStream in, int kind, int count) throws IOException {
        int[] values = new int[count];
        for (int i = 0; i < count; i++) {
            values[i] = kind == SHORT ? in.readUnsignedShort() : kind == LONG ? in.readInt() : in.readUnsignedByte();
        }
        return values;
    }

    /** The one value of a tag. */
    OptionalInt value(int tag) {
        int[] values = values(tag);
        return values.length == 1 ? OptionalInt.of(values[0]) : OptionalInt.empty();
    }

    /** Of a tag; none where it is not there. */
    int[] values(int tag) {
        return tags.getOrDefault(tag, new int[0]);
    }

    /** Of a tag of bytes; none where it is not there. */
    byte[] bytes(int tag) {
        int[] values = values(tag);
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return bytes;
    }
}
