package org.waterspout.graph;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import org.waterspout.model.Tensor;
import org.waterspout.model.WeightType;
import org.waterspout.model.architecture.Architecture;

/** Tables of positions that a file does not hold as they are needed. */
final class PositionTables {

    private PositionTables() {
    }

    /** Sines and cosines, [positions, width]: Vaswani et al. 2017, section 3.5. */
    static Weight sinusoidal(Architecture.Sinusoidal form, int positions, int width) {
        int sines = (width + 1) / 2;
        int cosines = width / 2;
        float[] table = new float[positions * width];
        for (int position = 0; position < positions; position++) {
            for (int i = 0; i < sines; i++) {
                double exponent = form.inclusive() ? (double) i / (width / 2 - 1) : 2.0 * i / width;
                double angle = (position + form.offset()) * Math.pow(10_000, -exponent);
                table[position * width + (form.interleaved() ? 2 * i : i)] = (float) Math.sin(angle);
                if (i < cosines) {
                    table[position * width + (form.interleaved() ? 2 * i + 1 : sines + i)] = (float) Math.cos(angle);
                }
            }
        }
        return weight("position", positions, width, table);
    }

    /**
     * {@code positions} with the tokens that stand before an image's patches added to the first rows. Their rows come out of the
     * projection of the patches as its bias, which is taken off here.
     */
    static Weight withTokens(Weight positions, List<Weight> tokens, Optional<Weight> bias) {
        float[] table = positions.tensor().decode();
        int width = positions.columns();
        float[] offset = bias.map(weight -> weight.tensor().decode()).orElseGet(() -> new float[width]);
        for (int row = 0; row < tokens.size(); row++) {
            float[] token = tokens.get(row).tensor().decode();
            for (int i = 0; i < width; i++) {
                table[row * width + i] += token[i] - offset[i];
            }
        }
        return weight(positions.role(), positions.rows(), width, table);
    }

    private static Weight weight(String role, int rows, int width, float[] numbers) {
        return new Weight(role, Weight.NO_LAYER, new Tensor(role, WeightType.F32, List.of(rows, width), MemorySegment.ofArray(numbers)));
    }
}
