package org.waterspout.kernels;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.ByteArray;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.arrays.ShortArray;

/**
 * out[r] = table[token[r]] * scale, zeros where the token is negative. Table [vocabulary, width] in each weight type (layouts at
 * {@link Decode}); output: float [rows, width]. An item makes one element; no local memory; one family for every device. Error limit: one
 * rounding, 1e-7 relative.
 */
public final class EmbedKernels {

    private EmbedKernels() {
    }

    /** table: float [vocabulary, width]. */
    public static void f32(KernelContext context, IntArray step, FloatArray table, FloatArray output, EmbedShape shape) {
        int item = context.globalIdx;
        if (item < step.get(StepLayout.ROWS) * shape.width()) {
            int token = step.get(StepLayout.HEADER + item / shape.width() * StepLayout.ROW + StepLayout.TOKEN);
            int entry = token < 0 ? 0 : token;
            float scale = token < 0 ? 0f : shape.scale();
            output.set(item, table.get(entry * shape.width() + item % shape.width()) * scale);
        }
    }

    /** table: halves [vocabulary, width]. */
    public static void f16(KernelContext context, IntArray step, ShortArray table, FloatArray output, EmbedShape shape) {
        int item = context.globalIdx;
        if (item < step.get(StepLayout.ROWS) * shape.width()) {
            int token = step.get(StepLayout.HEADER + item / shape.width() * StepLayout.ROW + StepLayout.TOKEN);
            int entry = token < 0 ? 0 : token;
            float scale = token < 0 ? 0f : shape.scale();
            output.set(item, Decode.f16(table, entry * shape.width() + item % shape.width()) * scale);
        }
    }

    /** quants: signed bytes [vocabulary, width]; scales: float [vocabulary, width / block, 1 + offset]. */
    public static void q8(KernelContext context, IntArray step, ByteArray quants, FloatArray scales, FloatArray output, EmbedShape shape) {
        int item = context.globalIdx;
        if (item < step.get(StepLayout.ROWS) * shape.width()) {
            int token = step.get(StepLayout.HEADER + item / shape.width() * StepLayout.ROW + StepLayout.TOKEN);
            int entry = token < 0 ? 0 : token;
            float scale = token < 0 ? 0f : shape.scale();
            output.set(item, Decode.q8(quants, scales, entry * shape.width() + item % shape.width(), shape.block(), shape.offset())
                    * scale);
        }
    }

    /** quants: nibbles [vocabulary, width / 2]; scales: float [vocabulary, width / block, 2], scale and offset. */
    public static void q4(KernelContext context, IntArray step, ByteArray quants, FloatArray scales, FloatArray output, EmbedShape shape) {
        int item = context.globalIdx;
        if (item < step.get(StepLayout.ROWS) * shape.width()) {
            int token = step.get(StepLayout.HEADER + item / shape.width() * StepLayout.ROW + StepLayout.TOKEN);
            int entry = token < 0 ? 0 : token;
            float scale = token < 0 ? 0f : shape.scale();
            output.set(item, Decode.q4(quants, scales, entry * shape.width() + item % shape.width(), shape.block()) * scale);
        }
    }
}
