package org.waterspout.model.text;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import org.waterspout.model.text.characters.CharacterKind;
import org.waterspout.model.text.characters.PieceTrie;
import org.waterspout.model.text.characters.SmallLetters;
import org.waterspout.model.text.jinja.Rendered;
import org.waterspout.model.text.sentencepiece.SentencePieceModel;
import org.waterspout.model.text.sentencepiece.SentencePieceNormalizer;
import org.waterspout.model.text.subword.FragmentEncoder;
import org.waterspout.model.text.subword.SentencePieceEncoder;
import org.waterspout.model.text.subword.SpecialTokens;
import org.waterspout.model.text.subword.TokenList;
import org.waterspout.model.text.subword.UnigramEncoder;
import org.waterspout.model.text.subword.Vocabulary;

/** A SentencePiece model of its own file, or of the keys of a GGUF file, under the token numbers of a model. */
final class SentencePieceTokenizer implements Tokenizer {

    private final SentencePieceModel model;
    private final TokenLayout layout;
    private final boolean lowersCase;
    private final SentencePieceNormalizer normalizer;
    private final FragmentEncoder encoder;
    private final int unknownPiece;
    /** Finds special tokens' names. */
    private final SpecialTokens specialTokens;
    /** User-defined pieces, which a BPE model cuts out beforehand; null for a unigram model, or if there are none. */
    private final PieceTrie cutOut;
    private final Set<Integer> endTokens;

    /** @param endTokens tokens after which generation stops */
    SentencePieceTokenizer(SentencePieceModel model, TokenLayout layout, Set<Integer> endTokens) {
        this(model, layout, endTokens, false);
    }

    /** @param lowersCase whether letters become small before all else, as sentence-transformers has it */
    SentencePieceTokenizer(SentencePieceModel model, TokenLayout layout, Set<Integer> endTokens, boolean lowersCase) {
        this.model = model;
        this.lowersCase = lowersCase;
        this.layout = layout;
        this.endTokens = Set.copyOf(endTokens);
        this.unknownPiece = model.unknown();
        List<String> kept = new ArrayList<>();
        for (int piece = 0; piece < model.pieces().size(); piece++) {
            if (model.kinds().get(piece) == Vocabulary.Kind.USER_DEFINED) {
                kept.add(model.pieces().get(piece));
            }
        }
        this.normalizer = new SentencePieceNormalizer(model.rules(), kept, model.source());
        Vocabulary pieces = new Vocabulary(model.pieces(), model.kinds(), Vocabulary.Writing.SENTENCE_PIECE);
        this.encoder = switch (model.kind()) {
            case UNIGRAM -> new UnigramEncoder(pieces, model.scores(), model.byteFallback(), unknownPiece);
            case BPE -> new SentencePieceEncoder(pieces, model.scores(), model.byteFallback(), unknownPiece);
        };
        this.cutOut = model.kind() == SentencePieceModel.Kind.UNIGRAM || kept.isEmpty() ? null
                : new PieceTrie(kept.toArray(String[]::new));
        this.specialTokens = new SpecialTokens(layout.vocabulary(), Set.of());
    }

    @Override
    public int[] encode(String text, boolean parseSpecial) {
        TokenList out = new TokenList(text.length() / 3, false);
        encode(text, parseSpecial, out);
        return out.tokens();
    }

    @Override
    public Encoding pieces(String text, boolean parseSpecial) {
        TokenList out = new TokenList(text.length() / 3, true);
        encode(text, parseSpecial, out);
        return Encoding.of(text, out);
    }

    private void encode(String text, boolean parseSpecial, TokenList out) {
        String wellFormed = CharacterKind.wellFormed(text);
        if (!parseSpecial) {
            encodePlain(wellFormed, out);
            return;
        }
        encode(specialTokens.split(wellFormed, true), out);
    }

    private void encode(List<SpecialTokens.Part> parts, TokenList out) {
        for (SpecialTokens.Part part : parts) {
            switch (part) {
                case SpecialTokens.Part.Token(int token, int from, int to) -> {
                    out.placesFrom(0, 0);
                    out.add(token, from, to);
                }
                case SpecialTokens.Part.Text(String words, int from) -> {
                    out.placesFrom(from, from);
                    encodePlain(words, out);
                }
            }
        }
    }

    private void encodePlain(String text, TokenList out) {
        SmallLetters letters = lowersCase ? SmallLetters.of(text) : SmallLetters.unchanged(text);
        SentencePieceNormalizer.Normalized normalized = normalizer.normalize(letters.text());
        String written = normalized.text();
        TokenList cut = new TokenList(written.length() / 3, true);
        cut(written, cut);
        for (int i = 0; i < cut.size(); i++) {
            int piece = cut.token(i);
            int from = cut.start(i);
            int to = cut.end(i);
            int token = layout.tokenOfPiece()[piece];
            if (piece == unknownPiece) { // a run of unknown characters is one token
                while (i + 1 < cut.size() && cut.token(i + 1) == unknownPiece) {
                    to = cut.end(++i);
                }
                token = layout.listed().getOrDefault(written.substring(from, to), token);
            }
            // the space before a word is no part of its place
            boolean spaced = to - from > 1 && written.charAt(from) == Vocabulary.SPACE_MARK;
            out.add(token, letters.origin(normalized.origin(spaced ? from + 1 : from)), letters.origin(normalized.origin(to)));
        }
    }

    private void cut(String written, TokenList cut) {
        if (cutOut == null) {
            if (!written.isEmpty()) {
                encoder.encode(written, cut);
            }
            return;
        }
        int from = 0;
        for (int at = 0; at < written.length();) {
            int symbol = cutOut.longestAt(written, at);
            if (symbol == 0) {
                at++;
                continue;
            }
            cutFragment(written, from, at, cut);
            cut.placesFrom(0, 0);
            cut.add(model.pieces().indexOf(written.substring(at, at + symbol)), at, at + symbol);
            at += symbol;
            from = at;
        }
        cutFragment(written, from, written.length(), cut);
    }

    private void cutFragment(String written, int from, int to, TokenList cut) {
        if (to > from) {
            cut.placesFrom(from, from);
            encoder.encode(written.substring(from, to), cut);
        }
    }

    @Override
    public int[] encodePrompt(String text, boolean parseSpecial) {
        return enclosed(pieces(text, parseSpecial));
    }

    @Override
    public int[] encodePrompt(Rendered conversation) {
        TokenList out = new TokenList(conversation.text().length() / 3, true);
        encode(specialTokens.split(CharacterKind.wellFormed(conversation.text()), conversation.stretches()), out);
        return enclosed(Encoding.of(conversation.text(), out));
    }

    private int[] enclosed(Encoding encoding) {
        int[] tokens = layout.template().around(encoding).tokens();
        OptionalInt bos = layout.bos();
        boolean doubled = bos.isPresent() && tokens.length > 1 && tokens[0] == bos.getAsInt() && tokens[1] == bos.getAsInt();
        return doubled ? Arrays.copyOfRange(tokens, 1, tokens.length) : tokens;
    }

    /**
     * Where encoding would have removed spaces before the first word, each piece before it loses one, as SentencePiece has it. Models
     * with a list of their own lose the spaces at both ends, as their tokenizers in Transformers do.
     */
    @Override
    public String decode(int[] tokens, boolean withSpecial) {
        int from = 0;
        while (model.rules().removeExtraWhitespace() && from < tokens.length
                && (isSpecial(tokens[from]) ? !withSpecial : isOneSpace(bytes(tokens[from])))) {
            from++;
        }
        String text = Tokenizer.super.decode(Arrays.copyOfRange(tokens, from, tokens.length), withSpecial);
        if (!layout.listed().isEmpty()) {
            return text.strip();
        }
        return model.rules().removeExtraWhitespace() && !addsLeadingSpace() && text.startsWith(" ") ? text.substring(1) : text;
    }

    private static boolean isOneSpace(byte[] bytes) {
        return bytes.length == 1 && bytes[0] == ' ';
    }

    @Override
    public SequenceTemplate template() {
        return layout.template();
    }

    @Override
    public byte[] bytes(int token) {
        return layout.vocabulary().bytes(token);
    }

    @Override
    public String piece(int token) {
        return layout.vocabulary().piece(token);
    }

    @Override
    public int vocabularySize() {
        return layout.vocabulary().size();
    }

    @Override
    public OptionalInt bos() {
        return layout.bos();
    }

    @Override
    public OptionalInt eos() {
        return layout.eos();
    }

    @Override
    public OptionalInt unknown() {
        return layout.unknown();
    }

    @Override
    public OptionalInt pad() {
        return layout.pad();
    }

    @Override
    public OptionalInt mask() {
        return layout.mask();
    }

    @Override
    public OptionalInt id(String piece) {
        return layout.vocabulary().id(piece);
    }

    @Override
    public Set<Integer> endTokens() {
        return endTokens;
    }

    @Override
    public boolean isSpecial(int token) {
        return layout.vocabulary().isSpecial(token);
    }

    @Override
    public boolean addsLeadingSpace() {
        return model.rules().addDummyPrefix() && !model.rules().spaceIsSuffix();
    }

    @Override
    public void close() {
        encoder.close();
    }
}
