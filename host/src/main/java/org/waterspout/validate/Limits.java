package org.waterspout.validate;

import org.waterspout.backend.CacheType;
import org.waterspout.graph.Op;

/**
 * How far an operation may be from the reference's on the same inputs, as a {@link RelativeError}. One table for every backend and
 * weight type: all of them multiply the numbers that the weights stand for with unrounded inputs, in 32-bit floats. A wrong
 * index, a wrong scale or a lost tail is an error of the order of 1.
 *
 * <p>Each limit is three times the largest error that was seen of the operation: on the cpu and on PoCL with SmolLM2 (Q4_1), on the cpu
 * with Firefox's translators, and on the cpu and the emulator with tiny models of every family. A comment tells it.
 */
public final class Limits {

    /** Numbers that are moved, or compared, and not computed with. */
    private static final double EXACT = 0;
    /** Nothing was seen; a device may round once less where it fuses a product with a sum, by 2^-24 of a row's largest number. */
    private static final double ROUNDING = 2e-6;
    /** 5.4e-6, of sums of squares on PoCL. */
    private static final double NORM = 1.6e-5;
    /** 3.7e-5, in a translator's encoder: scores of hundreds, whose rounding their exponentials multiply. Other models stay below 1e-5. */
    private static final double ATTENTION = 1.1e-4;
    /** 1.9e-5, likewise. */
    private static final double CROSS_ATTENTION = 5.6e-5;
    /** 8.5e-7. */
    private static final double RECURRENCE = 2.5e-6;
    /** 1.1e-6. */
    private static final double MEAN = 3.4e-6;
    /** 2.1e-6. */
    private static final double ACTIVATION = 6.1e-6;
    /** 3.6e-6, of small numbers. */
    private static final double SOFT_CAP = 1e-5;
    /** 1.0e-6; angles are computed in 64 bits, so that it does not grow with the position. */
    private static final double ROTATION = 3e-6;
    /** 3.0e-5, at the first token of SmolLM2, whose inputs are hundreds of times larger than their products. */
    private static final double PRODUCTS = 8.8e-5;
    /** Two products, multiplied: 1.2e-5. */
    private static final double GATED = 3.5e-5;
    /** 4.4e-5, in logits, where the errors of all layers come together. */
    private static final double WHOLE_MODEL = 1.3e-4;
    /** 1.9e-3: a last digit of 32 bits that differs tips a key or value to the next number of 16 bits. */
    private static final double WHOLE_MODEL_F16 = 5.7e-3;
    /** 4.2e-2, likewise to the next of 8 bits. */
    private static final double WHOLE_MODEL_Q8_0 = 1.2e-1;

    private Limits() {
    }

    /** The limit for {@code op}. */
    public static double of(Op op) {
        return switch (op) {
            case Op.SelectRows _, Op.ArgMax _, Op.InputEmbeddings _, Op.StoreCrossCache _ -> EXACT;
            case Op.Embed _, Op.AddPosition _, Op.AddType _, Op.Add _, Op.Multiply _, Op.Scale _ -> ROUNDING;
            case Op.Norm _ -> NORM;
            case Op.Attention _ -> ATTENTION;
            case Op.CrossAttention _ -> CROSS_ATTENTION;
            case Op.Recurrence _ -> RECURRENCE;
            case Op.MeanRows _ -> MEAN;
            case Op.Activate _ -> ACTIVATION;
            case Op.SoftCap _ -> SOFT_CAP;
            case Op.Rope _ -> ROTATION;
            case Op.MatMul _, Op.Shortlist _ -> PRODUCTS;
            case Op.Fused fused -> switch (fused.kind()) {
                case MATMULS, MATMUL_ADD, NORM_MATMULS -> PRODUCTS;
                case RECURRENCE_ADD -> RECURRENCE;
                case GATED, NORM_GATED -> GATED;
            };
        };
    }

    /** The limit for the logits of a whole model that keeps its keys and values as {@code type}. */
    public static double ofWholeModel(CacheType type) {
        return switch (type) {
            case F32 -> WHOLE_MODEL;
            case F16 -> WHOLE_MODEL_F16;
            case Q8_0 -> WHOLE_MODEL_Q8_0;
        };
    }
}
