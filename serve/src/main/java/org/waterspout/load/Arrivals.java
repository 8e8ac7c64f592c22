package org.waterspout.load;

import java.util.SplittableRandom;

/**
 * When requests begin. With a rate they arrive whether or not the server keeps up, as those of many users do who know nothing of each
 * other: the time between two is exponentially distributed (a Poisson process). Without one, each of the streams begins its next request
 * when its last has ended.
 *
 * @param rate requests a second; 0 for as many as the streams can bear
 * @param seed of the times and of the order of the mix
 */
record Arrivals(double rate, long seed) {

    /** Whether requests come at times of their own. */
    public boolean isOpen() {
        return rate > 0;
    }

    /** The nanoseconds after the start at which each of {@code count} requests arrives, in order; all 0 without a rate. */
    long[] times(int count) {
        SplittableRandom random = new SplittableRandom(seed);
        long[] times = new long[count];
        double at = 0;
        for (int i = 0; i < count && isOpen(); i++) {
            at += -Math.log(1 - random.nextDouble()) / rate * 1e9;
            times[i] = (long) at;
        }
        return times;
    }
}
