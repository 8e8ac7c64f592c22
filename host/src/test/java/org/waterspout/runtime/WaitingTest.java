package org.waterspout.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import org.waterspout.generate.RequestOptions;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.waterspout.encode.Sequence;
import org.waterspout.error.InvalidRequestException;

/** Who begins first, and that nobody waits for ever. */
class WaitingTest {

    private final Waiting waiting = new Waiting();

    private Call<Integer> arrive(int priority) {
        Call<Integer> call = new Call<>(RequestOptions.DEFAULT.withPriority(priority));
        new EncodingTask(call, Sequence.of(new int[1], new int[1]));
        waiting.announce(call);
        waiting.add(call);
        return call;
    }

    private Call<?> begin() {
        Task first = waiting.first();
        waiting.begin(task -> task == first);
        return first.call();
    }

    @Test
    void priorityThenArrival() {
        Call<Integer> low = arrive(-1);
        Call<Integer> first = arrive(0);
        Call<Integer> second = arrive(0);
        Call<Integer> high = arrive(2);
        assertEquals(4, waiting.calls());
        for (Call<Integer> expected : List.of(high, first, second, low)) {
            assertEquals(expected, begin());
        }
        assertEquals(0, waiting.calls());
    }

    /** One more of high priority for each that begins: the one of low priority still has its turn. */
    @Test
    void nobodyWaitsForEver() {
        Call<Integer> low = arrive(0);
        int overtaken = 0;
        arrive(1);
        while (begin() != low) {
            overtaken++;
            arrive(1);
        }
        assertTrue(overtaken > Waiting.OVERTAKING / 2 && overtaken <= Waiting.OVERTAKING, overtaken + " overtook it");
    }

    @Test
    void whatWasPutBackIsWhereItWas() {
        Call<Integer> first = arrive(0);
        Call<Integer> second = arrive(0);
        Task task = waiting.first();
        assertEquals(first, begin());
        arrive(0);
        waiting.putBack(task);
        assertEquals(2, waiting.calls(), "one that has begun is not counted again");
        assertEquals(first, begin());
        assertEquals(second, begin());
    }

    @Test
    void tasksOfOneCallLeaveTogetherWhenItEnds() {
        Call<Integer> call = new Call<>(RequestOptions.DEFAULT);
        List<EncodingTask> tasks = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            tasks.add(new EncodingTask(call, Sequence.of(new int[1], new int[1])));
        }
        waiting.announce(call);
        waiting.add(call);
        assertEquals(tasks.getFirst(), waiting.first());
        tasks.get(1).fail(new InvalidRequestException("no"));
        waiting.removeEnded();
        assertTrue(waiting.isEmpty());
        assertEquals(0, waiting.calls());
        assertEquals("no", assertThrows(InvalidRequestException.class, call::next).getMessage());
    }

    @Test
    void wrongOptionsAreRefused() {
        assertThrows(InvalidRequestException.class, () -> RequestOptions.DEFAULT.withPriority(101));
        assertThrows(InvalidRequestException.class, () -> RequestOptions.DEFAULT.withTimeout(Duration.ZERO));
        assertTrue(RequestOptions.DEFAULT.withTimeout(Duration.ofSeconds(Long.MAX_VALUE)).deadline(Long.MAX_VALUE - 5)
                - (Long.MAX_VALUE - 5) > 0, "the clock may turn over");
    }
}
