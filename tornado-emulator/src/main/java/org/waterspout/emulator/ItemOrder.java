package org.waterspout.emulator;

import java.util.SplittableRandom;

/** In which order groups, and items between two barriers, run. A right kernel gives the same result in each. */
sealed interface ItemOrder {
    /** By increasing index. */
    record Forward() implements ItemOrder {
    }

    /** By decreasing index. */
    record Reverse() implements ItemOrder {
    }

    /** By chance, repeatably. */
    record Shuffle(long seed) implements ItemOrder {
    }

    /** Reads forward, reverse or shuffle:SEED. */
    static ItemOrder parse(String text) {
        if (text.equals("forward")) {
            return new Forward();
        }
        if (text.equals("reverse")) {
            return new Reverse();
        }
        if (text.matches("shuffle:-?\\d{1,18}")) {
            return new Shuffle(Long.parseLong(text.substring("shuffle:".length())));
        }
        throw KernelFault.argument(Settings.PREFIX + "order=" + text + ": use forward, reverse or shuffle:SEED");
    }

    /** The numbers from 0 to count - 1 in this order; salt makes one shuffle differ from the next. */
    default int[] permutation(int count, long salt) {
        int[] order = new int[count];
        for (int place = 0; place < count; place++) {
            order[place] = place;
        }
        switch (this) {
            case Forward() -> { }
            case Reverse() -> {
                for (int place = 0; place < count; place++) {
                    order[place] = count - 1 - place;
                }
            }
            case Shuffle(long seed) -> {
                SplittableRandom random = new SplittableRandom(seed * 31 + salt);
                for (int place = count - 1; place > 0; place--) {
                    int other = random.nextInt(place + 1);
                    int moved = order[place];
                    order[place] = order[other];
                    order[other] = moved;
                }
            }
        }
        return order;
    }

    /** An order to compare with: whatever is first here comes last there. */
    default ItemOrder opposite() {
        return switch (this) {
            case Forward() -> new Reverse();
            case Reverse() -> new Forward();
            case Shuffle(long seed) -> new Shuffle(~seed);
        };
    }
}
