package org.waterspout.kernels;

/**
 * The layout of the int buffer that every kernel reads first: what changes from call to call or from layer to layer. TornadoVM
 * freezes scalar arguments when it compiles, so these travel as data. {@link #HEADER} ints, then {@link #ROW} ints for each row.
 */
public final class StepLayout {

    /** Header: which layer of the stacked weights to read. */
    public static final int LAYER = 0;
    /** Header: rows of this call. */
    public static final int ROWS = 1;
    /**
     * Header: always 0, but no compiler knows. Added to an index whose lowest bits a compiler knows to be 0, it keeps LLVM from turning
     * the additions of a {@link FloatLanes} read into bitwise ors, after which it no longer sees eight neighbours and loads them one by
     * one.
     */
    public static final int ZERO = 2;
    /** Header: first of the values that differ from layer to layer (window, cache, rotary table), numbered by the orchestrator. */
    public static final int SLOTS = 3;
    /** Ints before the first row. */
    public static final int HEADER = 32;
    /** Ints of one row. */
    public static final int ROW = 14;
    /** Row: the token's id, negative for an embedding of zeros. */
    public static final int TOKEN = 0;
    /** Row: its position in its sequence. */
    public static final int POSITION = 1;
    /** Row: the number of its sequence, or of its source where sources are encoded. */
    public static final int SEQUENCE = 2;
    /** Row: the row of a cache where its key and value are written. */
    public static final int PLACE = 3;
    /** Row: the row that SelectRows takes as this row of its output; the last row that MeanRows takes. */
    public static final int SELECTED = 4;
    /** Row: the first row that MeanRows takes. */
    public static final int MEAN_FROM = 5;
    /** Row: its token's type. */
    public static final int TYPE = 6;
    /** Row: positions of its sequence in this step, where attention sees all of them. */
    public static final int LENGTH = 7;
    /** Row: the source that cross-attention reads. */
    public static final int SOURCE = 8;
    /** Row: positions of that source. */
    public static final int SOURCE_LENGTH = 9;
    /** Row: the next row of its sequence in this step, negative for none. */
    public static final int NEXT = 10;
    /** Row: the place of its sequence's recurrent state before this step. */
    public static final int STATE_FROM = 11;
    /** Row: the place of that state after this step, at the first row of a sequence; negative at the others. */
    public static final int STATE_TO = 12;

    /**
     * Row: where its rotary angles are: its position, with the context's length added where its sequence has the second set; where each row
     * of a step has its own, the row's number times the tables'.
     */
    public static final int TURN = 13;

    /** Items of a work-group in the Group family. */
    public static final int GROUP = 64;
    /** Tokens that a matrix product treats together, reading each weight once. */
    public static final int TOKENS = 4;

    private StepLayout() {
    }
}
