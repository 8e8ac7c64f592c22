package org.waterspout.decode;

import java.util.List;
import org.waterspout.error.InvalidRequestException;

/** Finds stop strings in a stream of text, holding back whatever could still become one. */
public final class StopStrings {

    private final List<String> stops;
    private String held = "";
    private boolean stopped;

    public StopStrings(List<String> stops) {
        if (stops.stream().anyMatch(String::isEmpty)) {
            throw new InvalidRequestException("a stop string is empty");
        }
        this.stops = List.copyOf(stops);
    }

    /** Takes more text; returns what is now sure to be part of the answer. */
    public String accept(String text) {
        String all = held + text;
        int cut = all.length();
        for (String stop : stops) {
            int at = all.indexOf(stop);
            if (at >= 0 && at < cut) {
                cut = at;
                stopped = true;
            }
        }
        if (stopped) {
            held = "";
            return all.substring(0, cut);
        }
        int keep = 0;
        for (String stop : stops) {
            for (int length = Math.min(stop.length() - 1, all.length()); length > keep; length--) {
                if (all.regionMatches(all.length() - length, stop, 0, length)) {
                    keep = length;
                }
            }
        }
        held = all.substring(all.length() - keep);
        return all.substring(0, all.length() - keep);
    }

    /** What was held back, when no more text comes. */
    public String rest() {
        String rest = held;
        held = "";
        return rest;
    }

    public boolean stopped() {
        return stopped;
    }
}
