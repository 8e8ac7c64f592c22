package org.waterspout.validate;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.waterspout.graph.Op;
import org.waterspout.graph.Weight;
import org.waterspout.model.WeightType;

/**
 * How far a backend's operation may be from the reference's on the same inputs, as a {@link RelativeError}. One table: a wrong
 * index, a wrong scale or a lost tail is an error of the order of 1, a tenth of a percent of rounding is not.
 */
public final class Limits {

    private static final Set<WeightType> FLOATS = EnumSet.of(WeightType.F32, WeightType.F16, WeightType.BF16);

    /** Numbers that are moved, or compared, and not computed with. */
    private static final double EXACT = 0;
    /** One or two roundings of 32-bit floats. */
    private static final double ROUNDING = 2e-6;
    /** Sums over thousands of floats, and elementary functions. */
    private static final double SUMS = 5e-5;
    /** Angles: position times frequency in 32 bits, over thousands of positions. */
    private static final double ANGLES = 5e-4;
    /** Inputs of a product rounded to 8 bits in blocks of 32, where one large number in a block coarsens the other 31. */
    private static final double QUANTISED = 5e-2;
    /** Two such products multiplied with each other. */
    private static final double QUANTISED_GATED = 1e-1;

    private Limits() {
    }

    /** The limit for {@code op} on the backend of that name. */
    public static double of(String backend, Op op) {
        return switch (op) {
            case Op.SelectRows _, Op.ArgMax _ -> EXACT;
            case Op.Embed _, Op.AddPosition _, Op.Add _, Op.Multiply _, Op.Scale _ -> ROUNDING;
            case Op.Norm _, Op.Attention _, Op.Activate _, Op.SoftCap _ -> SUMS;
            case Op.Rope _ -> ANGLES;
            case Op.MatMul product -> roundsInputs(backend, product.weights()) ? QUANTISED : SUMS;
            case Op.Fused fused when roundsInputs(backend, fused.weights()) -> switch (fused.kind()) {
                case NORM_MATMULS, MATMULS, MATMUL_ADD -> QUANTISED;
                case GATED, NORM_GATED -> QUANTISED_GATED;
            };
            case Op.Fused _ -> 2 * SUMS;
        };
    }

    /** The limit for the logits of a whole model, where the errors of all layers come together. */
    public static double ofWhole(String backend, List<Weight> weights) {
        return roundsInputs(backend, weights) ? 0.3 : 2e-3;
    }

    /** The cpu backend keeps weights quantised and multiplies them with inputs of 8 bits. */
    private static boolean roundsInputs(String backend, List<Weight> weights) {
        return backend.equals("cpu") && weights.stream().anyMatch(weight -> !FLOATS.contains(weight.tensor().type()));
    }
}
