package org.waterspout.model.architecture;

/** Which two elements of a head make pair {@code i}. */
public enum RopeLayout {
    /** Elements 2i and 2i+1: GGUF files of Llama's form. */
    INTERLEAVED,
    /** Elements i and i + rotatedWidth/2: GPT-NeoX, Qwen, Gemma, Phi, and Transformers throughout. */
    HALVES
}
