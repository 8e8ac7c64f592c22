package org.waterspout.encode;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.waterspout.model.text.Encoding;

/**
 * Word pieces to words, words to entities. Words are the tokenizer's, and a word is what its first piece is; {@code B-X} begins an entity
 * X, {@code I-X} goes on with one; labels without either go on with themselves; {@code O} is none (Ramshaw and Marcus 1995, in the form of
 * CoNLL 2003).
 */
public final class EntityJoiner {

    private static final String NONE = "O";

    /**
     * An entity.
     *
     * @param score mean of its words' shares
     * @param start where it begins in the text, in UTF-16 units
     * @param end   one past where it ends
     */
    public record Span(String label, double score, int start, int end) {
    }

    private final String text;
    private final List<String> labels;

    public EntityJoiner(String text, List<String> labels) {
        this.text = text;
        this.labels = labels;
    }

    private record Word(String label, double score, int start, int end) {
    }

    /** @param logits [tokens, labels] */
    public List<Span> join(Encoding encoding, float[] logits) {
        List<Span> entities = new ArrayList<>();
        List<Word> open = new ArrayList<>();
        for (Word word : words(encoding, logits)) {
            if (!open.isEmpty() && !goesOn(open.getLast().label(), word.label())) {
                entities.add(entity(open));
                open.clear();
            }
            if (!word.label().equals(NONE)) {
                open.add(word);
            }
        }
        if (!open.isEmpty()) {
            entities.add(entity(open));
        }
        return entities;
    }

    private List<Word> words(Encoding encoding, float[] logits) {
        List<Word> words = new ArrayList<>();
        int number = -1;
        for (int token = 0; token < encoding.length(); token++) {
            int end = encoding.ends()[token];
            int start = Offsets.withoutSpace(text, encoding.starts()[token], end);
            if (encoding.sequence()[token] < 0 || start >= end) {
                continue;
            }
            if (encoding.words()[token] == number) {
                Word before = words.removeLast();
                words.add(new Word(before.label(), before.score(), before.start(), end));
                continue;
            }
            number = encoding.words()[token];
            double[] scores = Scores.softmax(Arrays.copyOfRange(logits, token * labels.size(), (token + 1) * labels.size()));
            int best = 0;
            for (int label = 1; label < scores.length; label++) {
                best = scores[label] > scores[best] ? label : best;
            }
            words.add(new Word(labels.get(best), scores[best], start, end));
        }
        return words;
    }

    private static boolean goesOn(String before, String label) {
        return !label.equals(NONE) && !label.startsWith("B-") && kind(before).equals(kind(label));
    }

    private static String kind(String label) {
        return label.startsWith("B-") || label.startsWith("I-") ? label.substring(2) : label;
    }

    /** Without the letter of any scheme, such as the E and S of BIOES. */
    private static String name(String label) {
        return label.matches("[A-Z]-.+") ? label.substring(2) : label;
    }

    private Span entity(List<Word> words) {
        return new Span(name(words.getFirst().label()), words.stream().mapToDouble(Word::score).average().orElseThrow(),
                words.getFirst().start(), words.getLast().end());
    }
}
