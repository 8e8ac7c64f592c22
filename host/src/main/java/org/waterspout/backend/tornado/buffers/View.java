package org.waterspout.backend.tornado.buffers;

/**
 * Where a value lies: row r begins at number {@code r * stride + offset} of the buffer. The values of a fused product lie side by side in
 * the rows of one buffer.
 */
public record View(DeviceBuffer buffer, int stride, int offset, int width) {

    public static View whole(DeviceBuffer buffer, int width) {
        return new View(buffer, width, 0, width);
    }

    public boolean dense() {
        return stride == width && offset == 0;
    }
}
