package org.waterspout.model.text;

import java.util.List;
import org.waterspout.error.InvalidRequestException;

/**
 * Where a model wants its special tokens: around one text, and around two, such as {@code [CLS] A [SEP] B [SEP]}.
 *
 * @param single what one text becomes
 * @param pair   what two texts become; empty if the model takes no pairs
 */
public record SequenceTemplate(List<Part> single, List<Part> pair) {

    /** An element of a template. */
    public sealed interface Part {

        /** A special token of the given type. */
        record Special(int token, int type) implements Part { }

        /** The text number {@code sequence} (0 or 1); its tokens get {@code type}. */
        record Text(int sequence, int type) implements Part { }
    }

    public SequenceTemplate {
        single = List.copyOf(single);
        pair = List.copyOf(pair);
    }

    /** Nothing around one text; no pairs. */
    static SequenceTemplate bare() {
        return new SequenceTemplate(List.of(new Part.Text(0, 0)), List.of());
    }

    /** How many tokens are added to one text. */
    public int added() {
        return specials(single);
    }

    /** How many tokens are added to two texts. */
    public int addedToPair() {
        return specials(pair);
    }

    public boolean takesPairs() {
        return !pair.isEmpty();
    }

    /** {@code text}, made by {@link Tokenizer#pieces} or a slice of it, with the special tokens of one text. */
    public Encoding around(Encoding text) {
        return filled(single, text, text);
    }

    /**
     * Two texts with the special tokens of a pair. Either may be a slice: for a question and a window of a long text.
     *
     * @throws InvalidRequestException if the model takes no pairs
     */
    public Encoding around(Encoding first, Encoding second) {
        if (pair.isEmpty()) {
            throw new InvalidRequestException("this model's tokenizer takes one text at a time, not a pair: use a model made for pairs");
        }
        return filled(pair, first, second);
    }

    private static int specials(List<Part> parts) {
        return (int) parts.stream().filter(part -> part instanceof Part.Special).count();
    }

    private static Encoding filled(List<Part> parts, Encoding first, Encoding second) {
        int length = 0;
        for (Part part : parts) {
            length += switch (part) {
                case Part.Special _ -> 1;
                case Part.Text(int sequence, int _) -> (sequence == 0 ? first : second).length();
            };
        }
        Encoding filled = new Encoding(new int[length], new int[length], new int[length], new int[length], new int[length],
                new int[length]);
        int at = 0;
        for (Part part : parts) {
            switch (part) {
                case Part.Special(int token, int type) -> {
                    filled.tokens()[at] = token;
                    filled.types()[at] = type;
                    filled.words()[at] = -1;
                    filled.sequence()[at++] = -1;
                }
                case Part.Text(int sequence, int type) -> {
                    Encoding text = sequence == 0 ? first : second;
                    System.arraycopy(text.tokens(), 0, filled.tokens(), at, text.length());
                    System.arraycopy(text.starts(), 0, filled.starts(), at, text.length());
                    System.arraycopy(text.ends(), 0, filled.ends(), at, text.length());
                    System.arraycopy(text.words(), 0, filled.words(), at, text.length());
                    for (int end = at + text.length(); at < end; at++) {
                        filled.types()[at] = type;
                        filled.sequence()[at] = sequence;
                    }
                }
            }
        }
        return filled;
    }
}
