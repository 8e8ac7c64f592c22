package org.waterspout.kernels;

/**
 * The layout of the int buffer that every kernel reads first: what changes from call to call or from layer to layer. TornadoVM
 * freezes scalar arguments when it compiles, so these travel as data. {@link #HEADER} ints, then {@link #ROW} ints for each row.
 */
public final class Step {

    /** Header: which layer of the stacked weights to read. */
    public static final int LAYER = 0;
    /** Header: rows of this call. */
    public static final int ROWS = 1;
    /**
     * Header: always 0, but no compiler knows. Added to an index whose lowest bits a compiler knows to be 0, it keeps LLVM from turning
     * the additions of a {@link Lanes} read into bitwise ors, after which it no longer sees eight neighbours and loads them one by one.
     */
    public static final int ZERO = 2;
    /** Header: first of the values that differ from layer to layer (window, cache, rotary table), numbered by the orchestrator. */
    public static final int SLOTS = 3;
    /** Ints before the first row. */
    public static final int HEADER = 32;
    /** Ints of one row. */
    public static final int ROW = 4;
    /** Row: the token's id. */
    public static final int TOKEN = 0;
    /** Row: its position in its sequence. */
    public static final int POSITION = 1;
    /** Row: the cache slot of its sequence. */
    public static final int SEQUENCE = 2;
    /** Row: the row that SelectRows takes as this row of its output. */
    public static final int SELECTED = 3;

    /** Items of a work-group in the Group family. */
    public static final int GROUP = 64;
    /** Tokens that a matrix product treats together, reading each weight once. */
    public static final int TOKENS = 4;

    private Step() {
    }
}
