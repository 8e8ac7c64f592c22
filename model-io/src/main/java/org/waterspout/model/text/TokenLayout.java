package org.waterspout.model.text;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.waterspout.error.ModelFormatException;
import org.waterspout.model.text.SequenceTemplate.Part;
import org.waterspout.model.text.sentencepiece.SentencePieceModel;
import org.waterspout.model.text.subword.Vocabulary;
import org.waterspout.model.text.subword.Vocabulary.Kind;

/**
 * Which number a model gives to each piece of its SentencePiece model, and the tokens it has besides.
 *
 * @param vocabulary   by token. The model's user-defined pieces are normal here: the model finds them by itself, and a space mark in
 *                     them is a space
 * @param tokenOfPiece [pieces] the token of each piece
 * @param listed       tokens by name where the model has a list of its own, in which a run of characters that the pieces lack may
 *                     stand; else empty
 * @param template     special tokens around a text
 */
record TokenLayout(Vocabulary vocabulary, int[] tokenOfPiece, Map<String, Integer> listed, SequenceTemplate template,
        OptionalInt bos, OptionalInt eos, OptionalInt unknown, OptionalInt pad, OptionalInt mask) {

    private static final Part TEXT = new Part.Text(0, 0);

    TokenLayout {
        vocabulary = new Vocabulary(vocabulary.pieces(), vocabulary.kinds().stream()
                .map(kind -> kind == Kind.USER_DEFINED ? Kind.NORMAL : kind).toList(), vocabulary.writing());
    }

    /** Numbers are the pieces' own; a text is begun by the model's begin token if it has one, else ended by its end token. */
    static TokenLayout plain(SentencePieceModel model) {
        return extended(model, 0);
    }

    /** T5's: the pieces' own numbers, and {@code sentinels} tokens {@code <extra_id_N>} after them, the last first. */
    static TokenLayout extended(SentencePieceModel model, int sentinels) {
        List<String> pieces = new ArrayList<>(model.pieces());
        List<Kind> kinds = new ArrayList<>(model.kinds());
        for (int sentinel = sentinels - 1; sentinel >= 0; sentinel--) {
            pieces.add("<extra_id_" + sentinel + ">");
            kinds.add(Kind.CONTROL);
        }
        int[] tokens = new int[model.pieces().size()];
        for (int piece = 0; piece < tokens.length; piece++) {
            tokens[piece] = piece;
        }
        OptionalInt bos = model.control(model.bosPiece());
        OptionalInt eos = model.control(model.eosPiece());
        return new TokenLayout(new Vocabulary(pieces, kinds, Vocabulary.Writing.SENTENCE_PIECE), tokens, Map.of(),
                begunOrEnded(bos, eos), bos, eos, OptionalInt.of(model.unknown()), model.control(model.padPiece()),
                model.control("<mask>"));
    }

    private static SequenceTemplate begunOrEnded(OptionalInt bos, OptionalInt eos) {
        if (bos.isPresent()) {
            return new SequenceTemplate(List.of(new Part.Special(bos.getAsInt(), 0), TEXT), List.of());
        }
        return eos.isPresent() ? ended(eos.getAsInt()) : SequenceTemplate.bare();
    }

    /** T5's and Marian's {@code A </s>}; of a pair, each text is ended. */
    static SequenceTemplate ended(int eos) {
        Part end = new Part.Special(eos, 0);
        return new SequenceTemplate(List.of(TEXT, end), List.of(TEXT, end, new Part.Text(1, 0), end));
    }

    /** What stands where in a vocabulary that fairseq laid out. */
    enum Fairseq {
        /** {@code <s> A </s>}, as XLM-R has it. */
        ENCLOSED,
        /** {@code A </s> language}, as mBART has it. */
        LANGUAGE_LAST,
        /** {@code language A </s>}, as NLLB and mBART-50 have it. */
        LANGUAGE_FIRST
    }

    /**
     * fairseq's numbers: {@code <s>}, {@code <pad>}, {@code </s>}, {@code <unk>}, the pieces from the fourth on, the languages,
     * {@code <mask>}.
     *
     * @param languages names of language tokens; the one at {@code first} is the template's
     */
    static TokenLayout fairseq(SentencePieceModel model, List<String> languages, int first, Fairseq order) {
        List<String> pieces = new ArrayList<>(List.of("<s>", "<pad>", "</s>", "<unk>"));
        List<Kind> kinds = new ArrayList<>(List.of(Kind.CONTROL, Kind.CONTROL, Kind.CONTROL, Kind.UNKNOWN));
        if (model.pieces().size() < 3) {
            throw new ModelFormatException(model.source() + " has fewer than 3 pieces");
        }
        int[] tokens = new int[model.pieces().size()];
        for (int piece = 0; piece < tokens.length; piece++) {
            tokens[piece] = piece < 3 ? 3 : piece + 1;
            if (piece >= 3) {
                pieces.add(model.pieces().get(piece));
                kinds.add(model.kinds().get(piece));
            }
        }
        int firstLanguage = pieces.size();
        pieces.addAll(languages);
        pieces.add("<mask>");
        kinds.addAll(Collections.nCopies(languages.size() + 1, Kind.CONTROL));
        Part end = new Part.Special(2, 0);
        SequenceTemplate template = switch (order) {
            case ENCLOSED -> TemplateReader.roberta(0, 2);
            case LANGUAGE_LAST -> {
                Part language = new Part.Special(firstLanguage + first, 0);
                yield new SequenceTemplate(List.of(TEXT, end, language), List.of(TEXT, new Part.Text(1, 0), end, language));
            }
            case LANGUAGE_FIRST -> {
                Part language = new Part.Special(firstLanguage + first, 0);
                yield new SequenceTemplate(List.of(language, TEXT, end), List.of(language, TEXT, new Part.Text(1, 0), end));
            }
        };
        return new TokenLayout(new Vocabulary(pieces, kinds, Vocabulary.Writing.SENTENCE_PIECE), tokens, Map.of(), template,
                OptionalInt.of(0), OptionalInt.of(2), OptionalInt.of(3), OptionalInt.of(1), OptionalInt.of(pieces.size() - 1));
    }

    /** CamemBERT's numbers: five tokens, of which some are not used, then the pieces from the second on. */
    static TokenLayout camembert(SentencePieceModel model) {
        List<String> pieces = new ArrayList<>(List.of("<s>NOTUSED", "<pad>", "</s>NOTUSED", "<unk>", "<unk>NOTUSED"));
        List<Kind> kinds = new ArrayList<>(List.of(Kind.CONTROL, Kind.CONTROL, Kind.CONTROL, Kind.UNKNOWN, Kind.UNUSED));
        int[] tokens = new int[model.pieces().size()];
        tokens[0] = 3;
        for (int piece = 1; piece < tokens.length; piece++) {
            tokens[piece] = pieces.size();
            pieces.add(model.pieces().get(piece));
            kinds.add(model.kinds().get(piece));
        }
        pieces.add("<mask>");
        kinds.add(Kind.CONTROL);
        Vocabulary vocabulary = new Vocabulary(pieces, kinds, Vocabulary.Writing.SENTENCE_PIECE);
        OptionalInt bos = vocabulary.id("<s>");
        OptionalInt eos = vocabulary.id("</s>");
        if (bos.isEmpty() || eos.isEmpty()) {
            throw new ModelFormatException(model.source() + " lacks " + (bos.isEmpty() ? "<s>" : "</s>"));
        }
        return new TokenLayout(vocabulary, tokens, Map.of(), TemplateReader.roberta(bos.getAsInt(), eos.getAsInt()), bos, eos,
                OptionalInt.of(3), OptionalInt.of(1), OptionalInt.of(pieces.size() - 1));
    }

    /**
     * The model has a list of tokens of its own, in which its pieces stand by name.
     *
     * @param listed    tokens by name
     * @param languages names of language tokens that follow the listed ones, the template's at {@code first}; empty for none
     * @param special   names of tokens that are no part of a text
     */
    static TokenLayout listed(SentencePieceModel model, Map<String, Integer> listed, List<String> languages, int first,
            List<String> special, String source) {
        int size = listed.values().stream().mapToInt(token -> token + 1).max().orElse(0);
        List<String> pieces = new ArrayList<>(Collections.nCopies(size, ""));
        List<Kind> kinds = new ArrayList<>(Collections.nCopies(size, Kind.UNUSED));
        listed.forEach((name, token) -> {
            pieces.set(token, name);
            kinds.set(token, special.contains(name) ? Kind.CONTROL : Kind.NORMAL);
        });
        Integer unknown = listed.get("<unk>");
        Integer eos = listed.get("</s>");
        if (unknown == null || eos == null) {
            throw new ModelFormatException(source + " lacks " + (eos == null ? "</s>" : "<unk>"));
        }
        kinds.set(unknown, Kind.UNKNOWN);
        int[] tokens = new int[model.pieces().size()];
        for (int piece = 0; piece < tokens.length; piece++) {
            tokens[piece] = listed.getOrDefault(model.pieces().get(piece), unknown);
        }
        pieces.addAll(languages);
        kinds.addAll(Collections.nCopies(languages.size(), Kind.CONTROL));
        Part end = new Part.Special(eos, 0);
        List<Part> single = languages.isEmpty() ? List.of(TEXT, end)
                : List.of(new Part.Special(size + first, 0), TEXT, end);
        return new TokenLayout(new Vocabulary(pieces, kinds, Vocabulary.Writing.SENTENCE_PIECE), tokens,
                Collections.unmodifiableMap(new HashMap<>(listed)), new SequenceTemplate(single, List.of()), optional(listed, "<s>"),
                OptionalInt.of(eos), OptionalInt.of(unknown), optional(listed, "<pad>"), optional(listed, "<mask>"));
    }

    private static OptionalInt optional(Map<String, Integer> listed, String name) {
        Integer token = listed.get(name);
        return token == null ? OptionalInt.empty() : OptionalInt.of(token);
    }
}
