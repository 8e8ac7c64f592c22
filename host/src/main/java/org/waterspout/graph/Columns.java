package org.waterspout.graph;

/**
 * How the columns of a value may be shared out among workers.
 *
 * @param group neighbours that stay together; 0 where a worker needs, or makes, all columns
 */
public record Columns(int group) {
    /** All of them. */
    public static final Columns ALL = new Columns(0);
    /** Any part. */
    public static final Columns ANY = new Columns(1);
}
