package org.waterspout.emulator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;

import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Both kinds do the same. */
class CoroutineTest {
    private final List<String> said = new ArrayList<>();

    static Stream<Named<Function<Runnable, Coroutine>>> kinds() {
        return Stream.of(Named.of("on the caller's thread", Coroutine.OnCaller::new), Named.of("on a thread", Coroutine.OnThread::new));
    }

    @Test
    void thisBuildHasTheFasterKind() {
        assertTrue(Coroutine.continuationsAreOpen(), "tests run with " + Coroutine.FLAG);
        assertEquals(Coroutine.OnCaller.class, Coroutine.of(() -> { }).getClass());
    }

    private Coroutine speaker(Function<Runnable, Coroutine> kind, String name, int pauses) {
        Coroutine[] itself = new Coroutine[1];
        itself[0] = kind.apply(() -> {
            for (int pause = 0; pause < pauses; pause++) {
                said.add(name + pause);
                itself[0].pause();
            }
            said.add(name + " ends");
        });
        return itself[0];
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void goesOnWhereItPaused(Function<Runnable, Coroutine> kind) {
        Coroutine a = speaker(kind, "a", 2);
        Coroutine b = speaker(kind, "b", 1);
        Coroutine c = speaker(kind, "c", 0);
        a.advance();
        b.advance();
        said.add("caller");
        b.advance();
        a.advance();
        c.advance();
        a.advance();
        assertEquals(List.of("a0", "b0", "caller", "b ends", "a1", "c ends", "a ends"), said);
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void throwsWhatItsCodeThrew(Function<Runnable, Coroutine> kind) {
        RuntimeException exception = new IllegalArgumentException("first");
        assertSame(exception, assertThrows(IllegalArgumentException.class, kind.apply(() -> {
            throw exception;
        })::advance));
        Coroutine[] itself = new Coroutine[1];
        Error error = new StackOverflowError("second");
        itself[0] = kind.apply(() -> {
            itself[0].pause();
            throw error;
        });
        itself[0].advance();
        assertSame(error, assertThrows(StackOverflowError.class, itself[0]::advance));
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void isNotRunAgainOnceAbandoned(Function<Runnable, Coroutine> kind) {
        Coroutine a = speaker(kind, "a", 3);
        a.advance();
        a.advance();
        a.abandon();
        assertEquals(List.of("a0", "a1"), said);
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void manyTakeTurns(Function<Runnable, Coroutine> kind) {
        int count = 1000;
        long[] sum = new long[1];
        List<Coroutine> all = new ArrayList<>();
        for (int number = 0; number < count; number++) {
            int own = number;
            all.add(kind.apply(() -> {
                for (int turn = 0; turn < 20; turn++) {
                    sum[0] += own;
                    all.get(own).pause();
                }
            }));
        }
        for (int turn = 1; turn <= 20; turn++) {
            all.forEach(Coroutine::advance);
            assertEquals(turn * (count - 1L) * count / 2, sum[0]);
        }
        all.forEach(Coroutine::advance);
        assertEquals(20 * (count - 1L) * count / 2, sum[0]);
    }

    @Test
    void aHostThrowsWhatItsCodeThrew() {
        RuntimeException exception = new IllegalArgumentException();
        assertSame(exception, assertThrows(IllegalArgumentException.class, () -> Coroutine.hosting(() -> {
            throw exception;
        })));
    }
}
