package org.waterspout.graph;

/** The groups of operations that a backend may run as one. */
public enum FusionKind {
    /** A Norm and all the MatMuls that read it and nothing else does. Parts: Norm, MatMul... Outputs: one a MatMul. */
    NORM_MATMULS,
    /** MatMuls that share one input (q, k and v). Parts: MatMul... Outputs: one a MatMul. */
    MATMULS,
    /** A gated feed-forward's first half: activation(gate(x)) * up(x). Parts: MatMul, MatMul, Activate, Multiply. */
    GATED,
    /** As GATED, reading a Norm that nothing else reads. Parts: Norm, MatMul, MatMul, Activate, Multiply. */
    NORM_GATED,
    /** A product whose result is only added to a residual. Parts: MatMul, Add. */
    MATMUL_ADD,
    /** A recurrent unit whose activated states are only added to a residual. Parts: Recurrence, Activate, Add. */
    RECURRENCE_ADD
}
