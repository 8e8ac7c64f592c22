package org.waterspout.backend;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.waterspout.error.InvalidRequestException;

/**
 * Blocks of a cache that are kept, by their numbers. A number is free again when its block is dropped; a block that is kept twice has two.
 *
 * @param <B> what a cache calls a block
 */
public final class NumberedBlocks<B> {

    /** By their numbers; null where a number is free. */
    private final List<B> kept = new ArrayList<>();

    /** A number for {@code block}, until it is removed. */
    public int add(B block) {
        int number = kept.indexOf(null);
        if (number < 0) {
            number = kept.size();
            kept.add(null);
        }
        kept.set(number, block);
        return number;
    }

    /** @throws InvalidRequestException for a number that is not in use */
    public B get(int number) {
        if (number < 0 || number >= kept.size() || kept.get(number) == null) {
            throw new InvalidRequestException("no block " + number + " is kept: it was dropped, or never kept");
        }
        return kept.get(number);
    }

    /** @throws InvalidRequestException for a number that is not in use */
    public List<B> get(int[] numbers) {
        return Arrays.stream(numbers).mapToObj(this::get).toList();
    }

    /** @throws InvalidRequestException for a number that is not in use */
    public B remove(int number) {
        B block = get(number);
        kept.set(number, null);
        return block;
    }
}
