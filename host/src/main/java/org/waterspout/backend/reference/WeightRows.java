package org.waterspout.backend.reference;

import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.waterspout.error.UnsupportedModelException;
import org.waterspout.graph.Weight;
import org.waterspout.model.Tensor;
import org.waterspout.model.WeightType;

/** Weights as floats. */
final class WeightRows {

    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private WeightRows() {
    }

    /** Row {@code row} of {@code weight} into {@code output} [columns]. */
    static void decode(Weight weight, int row, float[] output) {
        Tensor tensor = weight.tensor();
        if (tensor.type() != WeightType.F32) {
            throw new UnsupportedModelException("the reference reads no " + tensor.type());
        }
        long start = row * tensor.rowBytes();
        for (int i = 0; i < output.length; i++) {
            output[i] = tensor.data().get(FLOAT, start + (long) i * Float.BYTES);
        }
    }

    /** A weight that is a vector, as [columns]. */
    static float[] vector(Weight weight) {
        float[] output = new float[weight.columns()];
        decode(weight, 0, output);
        return output;
    }
}
