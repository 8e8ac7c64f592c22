package org.waterspout.validate;

import org.waterspout.graph.Op;

/**
 * How far an operation may be from the reference's on the same inputs, as a {@link RelativeError}. One table for every backend and
 * weight type: all of them multiply the numbers that the weights stand for with unrounded inputs, in 32-bit floats. A wrong
 * index, a wrong scale or a lost tail is an error of the order of 1.
 */
public final class Limits {

    /** Numbers that are moved, or compared, and not computed with. */
    private static final double EXACT = 0;
    /** One or two roundings of 32-bit floats. */
    private static final double ROUNDING = 2e-6;
    /** Sums over thousands of floats, and elementary functions. */
    private static final double SUMS = 1e-4;
    /**
     * Sums of products, where large inputs meet weights of opposite offset and cancel: 5e-5 was seen for SmolLM2's Q4_1 weights
     * at the first token, whose inputs are hundreds of times larger than their products.
     */
    private static final double PRODUCTS = 5e-4;
    /** Angles: position times frequency in 32 bits, over thousands of positions. */
    private static final double ANGLES = 5e-4;
    /** Logits of a whole model, where the errors of all layers come together. */
    private static final double WHOLE_MODEL = 5e-3;

    private Limits() {
    }

    /** The limit for {@code op}. */
    public static double of(Op op) {
        return switch (op) {
            case Op.SelectRows _, Op.ArgMax _, Op.Given _, Op.Remember _ -> EXACT;
            case Op.Embed _, Op.AddPosition _, Op.AddType _, Op.Add _, Op.Multiply _, Op.Scale _ -> ROUNDING;
            case Op.Norm _, Op.Attention _, Op.CrossAttention _, Op.Recurrence _, Op.MeanRows _, Op.Activate _, Op.SoftCap _ -> SUMS;
            case Op.Rope _ -> ANGLES;
            case Op.MatMul _, Op.Shortlist _ -> PRODUCTS;
            case Op.Fused fused -> switch (fused.kind()) {
                case MATMULS, MATMUL_ADD, NORM_MATMULS -> PRODUCTS;
                case RECURRENCE_ADD -> SUMS;
                case GATED, NORM_GATED -> 2 * PRODUCTS; // of two products, multiplied
            };
        };
    }

    /** The limit for the logits of a whole model. */
    public static double ofWholeModel() {
        return WHOLE_MODEL;
    }
}
