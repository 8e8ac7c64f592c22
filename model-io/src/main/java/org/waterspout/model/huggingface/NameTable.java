package org.waterspout.model.huggingface;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Names of tensors in a family's files and the canonical ones, one pair a line; {@code #} is a layer's number, {@code *} at the end
 * weight or bias. A third column says what is done to the tensor, a target of {@code -} that it is left out.
 */
final class NameTable {

    /** What is done to a tensor when it is loaded. */
    enum Change {
        /** [in, out] becomes [out, in]. */
        TRANSPOSED,
        /** Dimensions of 1 at the front are dropped. */
        SQUEEZED,
        /** All dimensions but the first become one. */
        FLATTENED,
        /** The first rows, which no position uses, are cut off: as many as the padding token's number says. */
        CUT,
        /** The first two rows, which no position uses, are cut off, whatever the padding token. */
        CUT2,
        /** 1 is added to each number: the norm multiplies by 1 + weight. */
        PLUS1,
        /** Left out where a classifier stands on the tokens themselves, or has a dense layer of its own. */
        POOLER,
        /** Left out where there is no classifier: then it is the head of the pre-training. */
        HEAD,
        /** The embedding once more, where the output is tied to it. */
        UNTIED,
        /** A side's embedding: that of both where they share one. */
        SHARED
    }

    /** @param target empty where the tensor is left out */
    record Entry(String target, Set<Change> changes) {
    }

    private record Line(Pattern source, String target, Set<Change> changes) {
    }

    private final List<Line> lines = new ArrayList<>();

    NameTable(String... tables) {
        for (String table : tables) {
            table.lines().filter(line -> !line.isBlank()).map(line -> line.strip().split(" +")).forEach(this::add);
        }
    }

    private void add(String[] columns) {
        Set<Change> changes = EnumSet.noneOf(Change.class);
        for (int i = 2; i < columns.length; i++) {
            changes.add(Change.valueOf(columns[i].toUpperCase(Locale.ROOT)));
        }
        String source = Pattern.quote(columns[0]).replace("#", "\\E([0-9]{1,4})\\Q").replace("*", "\\E(weight|bias)\\Q");
        lines.add(new Line(Pattern.compile(source), columns[1].equals("-") ? "" : columns[1], changes));
    }

    /** The canonical name of a tensor, and what is done to it; absent if no line has it. */
    Optional<Entry> find(String name) {
        for (Line line : lines) {
            Matcher matcher = line.source.matcher(name);
            if (matcher.matches()) {
                String target = line.target;
                for (int group = 1; group <= matcher.groupCount(); group++) {
                    String text = matcher.group(group);
                    target = target.replaceFirst(Character.isDigit(text.charAt(0)) ? "#" : "\\*", text);
                }
                return Optional.of(new Entry(target, line.changes));
            }
        }
        return Optional.empty();
    }
}
