package org.waterspout.backend.tornado.buffers;

import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** The rows of the output product that a step asks for, [1 + rows]: how many, and which. */
public final class CandidateFeed {

    private final Feed feed;
    private final int rows;
    private int count;

    /** @param rows all there are */
    public CandidateFeed(int rows) {
        this.rows = rows;
        this.count = rows;
        this.feed = Feed.ints("candidates", 1L + rows);
    }

    public Feed feed() {
        return feed;
    }

    /** How many the next execution multiplies. */
    public int count() {
        return count;
    }

    /** @param candidates ascending; empty for all */
    public void set(int[] candidates) {
        IntArray ints = feed.ints();
        boolean all = candidates.length == 0;
        count = all ? rows : candidates.length;
        ints.set(0, count);
        for (int i = 0; i < count; i++) {
            ints.set(1 + i, all ? i : candidates[i]);
        }
    }
}
