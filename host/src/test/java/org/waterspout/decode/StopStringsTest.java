package org.waterspout.decode;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import org.waterspout.generate.GenerationRequest;

import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.waterspout.error.InvalidRequestException;

class StopStringsTest {

    @Test
    void textWithoutStopsPassesAtOnce() {
        StopStrings stops = new StopStrings(List.of());
        assertEquals("abc", stops.accept("abc"));
        assertEquals("", stops.rest());
    }

    @Test
    void aStopOverSeveralPiecesIsCutOff() {
        StopStrings stops = new StopStrings(List.of("END"));
        assertEquals("one ", stops.accept("one E"));
        assertEquals("", stops.accept("N"));
        assertFalse(stops.stopped());
        assertEquals("", stops.accept("D and more"));
        assertTrue(stops.stopped());
        assertEquals("", stops.rest());
    }

    @Test
    void whatOnlyLookedLikeAStopComesLater() {
        StopStrings stops = new StopStrings(List.of("END"));
        assertEquals("", stops.accept("EN"));
        assertEquals("ENx", stops.accept("x"));
        assertEquals("", stops.accept("E"));
        assertEquals("E", stops.rest());
        assertFalse(stops.stopped());
    }

    @Test
    void aRepeatedBeginningIsNotMissed() {
        StopStrings stops = new StopStrings(List.of("aab"));
        assertEquals("", stops.accept("aa"));
        assertEquals("a", stops.accept("a"));
        assertEquals("", stops.accept("b"));
        assertTrue(stops.stopped());
    }

    @Test
    void theFirstOfSeveralStopsCounts() {
        StopStrings stops = new StopStrings(List.of("second", "first"));
        assertEquals("x ", stops.accept("x first second"));
        assertTrue(stops.stopped());
    }

    @Test
    void anEmptyStopIsRefused() {
        assertThrows(InvalidRequestException.class, () -> new StopStrings(List.of("")));
    }

    @Test
    void moreThanCanBeLookedForAreRefused() {
        GenerationRequest request = GenerationRequest.of("any");
        List<String> million = Collections.nCopies(1_000_000, "stop");
        String message = assertThrows(InvalidRequestException.class, () -> request.withStopStrings(million)).getMessage();
        assertTrue(message.contains("1000000 stop strings") && message.contains("at most 256"), message);
        assertThrows(InvalidRequestException.class, () -> request.withStopStrings(
                List.of("x".repeat(GenerationRequest.MAX_STOP_CHARACTERS), "y")));
        assertEquals(256, request.withStopStrings(Collections.nCopies(256, "x".repeat(64))).stopStrings().size());
    }
}
