package org.waterspout;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.waterspout.Classifier.Entity;
import org.waterspout.model.text.Encoding;

/**
 * Word pieces to words, words to entities. A word is what its first piece is; {@code B-X} begins an entity X, {@code I-X} goes on with
 * one; labels without either go on with themselves; {@code O} is none (Ramshaw and Marcus 1995, in the form of CoNLL 2003).
 */
final class EntityJoiner {

    private static final String NONE = "O";

    private final String text;
    private final List<String> labels;

    EntityJoiner(String text, List<String> labels) {
        this.text = text;
        this.labels = labels;
    }

    private record Word(String label, double score, int start, int end) {
    }

    /** @param logits [tokens, labels] */
    List<Entity> join(Encoding encoding, float[] logits) {
        List<Entity> entities = new ArrayList<>();
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
        for (int token = 0; token < encoding.length(); token++) {
            int start = encoding.starts()[token];
            int end = encoding.ends()[token];
            while (start < end && Character.isWhitespace(text.charAt(start))) {
                start++; // SentencePiece and byte-level pieces take the space before them along
            }
            if (encoding.sequence()[token] < 0 || start >= end) {
                continue;
            }
            if (!words.isEmpty() && inWord(text, start) && words.getLast().end() >= start) {
                Word before = words.removeLast();
                words.add(new Word(before.label(), before.score(), before.start(), end));
                continue;
            }
            double[] scores = Scores.softmax(Arrays.copyOfRange(logits, token * labels.size(), (token + 1) * labels.size()));
            int best = 0;
            for (int label = 1; label < scores.length; label++) {
                best = scores[label] > scores[best] ? label : best;
            }
            words.add(new Word(labels.get(best), scores[best], start, end));
        }
        return words;
    }

    /** Whether {@code place} lies within a word: letters or digits on both sides. */
    static boolean inWord(String text, int place) {
        return place > 0 && place < text.length() && letter(text.codePointBefore(place)) && letter(text.codePointAt(place));
    }

    private static boolean letter(int character) {
        return Character.isLetterOrDigit(character) || Character.getType(character) == Character.NON_SPACING_MARK;
    }

    private static boolean goesOn(String before, String label) {
        return !label.equals(NONE) && !label.startsWith("B-") && kind(before).equals(kind(label));
    }

    private static String kind(String label) {
        return label.startsWith("B-") || label.startsWith("I-") ? label.substring(2) : label;
    }

    private Entity entity(List<Word> words) {
        int start = words.getFirst().start();
        int end = words.getLast().end();
        return new Entity(kind(words.getFirst().label()), words.stream().mapToDouble(Word::score).average().orElseThrow(),
                text.substring(start, end), start, end);
    }
}
