package org.waterspout.generate;

/** What a prompt may use of keys and values that are there already. */
public enum Sharing {
    /** Nothing. */
    NONE,
    /** What was computed as part of a prompt: the numbers are those that it would compute itself, to the bit. */
    PROMPTS,
    /** Also what was generated, which was computed by other kernels and differs in the last digits. */
    ALL
}
