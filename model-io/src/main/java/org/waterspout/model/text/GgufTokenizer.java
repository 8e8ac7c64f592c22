package org.waterspout.model.text;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.waterspout.error.ModelFormatException;
import org.waterspout.error.Quoted;
import org.waterspout.error.UnsupportedModelException;
import org.waterspout.model.Metadata;
import org.waterspout.model.text.characters.CharacterKind;
import org.waterspout.model.text.jinja.Rendered;
import org.waterspout.model.text.sentencepiece.SentencePieceModel;
import org.waterspout.model.text.subword.ByteLevelEncoder;
import org.waterspout.model.text.subword.FragmentEncoder;
import org.waterspout.model.text.subword.PreTokenizer;
import org.waterspout.model.text.subword.SentencePieceEncoder;
import org.waterspout.model.text.subword.SpecialTokens;
import org.waterspout.model.text.subword.TokenList;
import org.waterspout.model.text.subword.Vocabulary;

/** A tokenizer made from the {@code tokenizer.ggml.*} keys of a GGUF file. */
final class GgufTokenizer implements Tokenizer {

    private static final Logger LOG = LoggerFactory.getLogger(GgufTokenizer.class);
    private static final String PREFIX = "tokenizer.ggml.";

    /**
     * Names under which models end a turn, a text or a file. Like llama.cpp (llama-vocab.cpp), these tokens count as control
     * tokens and end generation, whatever the file says of them.
     */
    static final Set<String> END_NAMES = Set.of("<|eot_id|>", "<|im_end|>", "<|end|>", "<|return|>", "<|call|>",
            "<|flush|>", "<|calls|>", "<end_of_turn>", "<|endoftext|>", "</s>", "<|eom_id|>", "<EOT>", "_<EOT>", "[EOT]",
            "[EOS]", "<|end_of_text|>", "<end_of_utterance>", "<eos>", "<|fim_pad|>", "<fim-pad>", "<PAD>", "<|fim_repo|>",
            "<|repo_name|>", "<fim-repo>", "<REPO>", "<reponame>", "<|file_sep|>");

    /**
     * What the keys cannot say: words in {@code general.name} of models whose tokens written by name swallow the white space
     * after them (llama.cpp, llama-vocab.cpp), but for the tokens listed in {@link #KEEPS_SPACE_AFTER}.
     */
    private static final List<String> SWALLOWING_MODELS = List.of("phi-3", "phi3");
    private static final Set<String> KEEPS_SPACE_AFTER = Set.of("<unk>", "<s>", "<|endoftext|>");

    private final Vocabulary vocabulary;
    private final FragmentEncoder encoder;
    private final SpecialTokens specialTokens;
    private final OptionalInt bos;
    private final OptionalInt eos;
    private final OptionalInt unknown;
    private final OptionalInt pad;
    private final OptionalInt mask;
    private final boolean addsBos;
    private final boolean addsEos;
    private final boolean addsLeadingSpace;
    private final SequenceTemplate template;
    private final Set<Integer> endTokens;
    /** Most characters that one token stands for; empty where some text leaves none. */
    private final OptionalInt longest;

    private GgufTokenizer(Metadata metadata, Vocabulary vocabulary, FragmentEncoder encoder, Defaults defaults) {
        this.vocabulary = vocabulary;
        this.encoder = encoder;
        Set<Integer> swallowing = swallowing(metadata, vocabulary);
        this.specialTokens = new SpecialTokens(vocabulary, swallowing);
        // a piece has at least as many characters as the text that it stands for
        this.longest = swallowing.isEmpty() && encoder.keepsAll() ? vocabulary.pieces().stream().mapToInt(String::length).max()
                : OptionalInt.empty();
        this.bos = token(metadata, vocabulary, "bos_token_id", defaults.bos);
        this.eos = token(metadata, vocabulary, "eos_token_id", defaults.eos);
        this.unknown = token(metadata, vocabulary, "unknown_token_id", defaults.unknown);
        this.pad = token(metadata, vocabulary, "padding_token_id", -1);
        this.mask = token(metadata, vocabulary, "mask_token_id", -1);
        this.addsBos = metadata.flagOr(PREFIX + "add_bos_token", defaults.addsBos);
        this.addsEos = metadata.flagOr(PREFIX + "add_eos_token", false);
        this.addsLeadingSpace = vocabulary.writing() == Vocabulary.Writing.SENTENCE_PIECE
                && metadata.flagOr(PREFIX + "add_space_prefix", true);
        this.endTokens = endTokens(metadata, vocabulary, eos);
        if (addsBos && bos.isEmpty()) {
            throw new ModelFormatException(PREFIX + "add_bos_token is true, but there is no " + PREFIX + "bos_token_id");
        }
        if (addsEos && eos.isEmpty()) {
            throw new ModelFormatException(PREFIX + "add_eos_token is true, but there is no " + PREFIX + "eos_token_id");
        }
        List<SequenceTemplate.Part> single = new ArrayList<>();
        if (addsBos) {
            single.add(new SequenceTemplate.Part.Special(bos.getAsInt(), 0));
        }
        single.add(new SequenceTemplate.Part.Text(0, 0));
        if (addsEos) {
            single.add(new SequenceTemplate.Part.Special(eos.getAsInt(), 0));
        }
        // A model that encloses its texts is an encoder of RoBERTa's kind; others take no pairs.
        this.template = addsBos && addsEos ? TemplateReader.roberta(bos.getAsInt(), eos.getAsInt())
                : new SequenceTemplate(single, List.of());
    }

    /** What llama.cpp assumes of a kind of tokenizer where a file has no key; -1 for no token. */
    private record Defaults(int bos, int eos, int unknown, boolean addsBos) { }

    static Tokenizer of(Metadata metadata) {
        String model = metadata.string(PREFIX + "model");
        return switch (model) {
            case "gpt2" -> byteLevel(metadata);
            case "llama" -> sentencePiece(metadata);
            case "bert" -> GgufWordPieces.of(metadata, vocabulary(metadata, Vocabulary.Writing.SENTENCE_PIECE));
            case "t5" -> unigram(metadata);
            default -> throw new UnsupportedModelException("tokenizer " + Quoted.of(model)
                    + " (tokenizer.ggml.model) is not built: use a model with a gpt2, llama, bert or t5 tokenizer");
        };
    }

    private static GgufTokenizer byteLevel(Metadata metadata) {
        Vocabulary vocabulary = vocabulary(metadata, Vocabulary.Writing.BYTE_LEVEL);
        String name = metadata.optionalString(PREFIX + "pre").orElse("default");
        if (!metadata.has(PREFIX + "pre")) {
            LOG.warn("the model file does not name its pre-tokenizer (tokenizer.ggml.pre); the default may cut words otherwise "
                    + "than the model was trained with");
        }
        PreTokenizer preTokenizer = PreTokenizer.of(name);
        List<String> merges = metadata.list(PREFIX + "merges", String.class);
        FragmentEncoder encoder = new ByteLevelEncoder(vocabulary, merges, preTokenizer);
        try {
            return new GgufTokenizer(metadata, vocabulary, encoder, new Defaults(-1, -1, -1, preTokenizer.addsBos()));
        } catch (RuntimeException e) {
            encoder.close();
            throw e;
        }
    }

    private static GgufTokenizer sentencePiece(Metadata metadata) {
        Vocabulary vocabulary = vocabulary(metadata, Vocabulary.Writing.SENTENCE_PIECE);
        List<Double> scores = metadata.list(PREFIX + "scores", Double.class);
        return new GgufTokenizer(metadata, vocabulary, new SentencePieceEncoder(vocabulary, scores), new Defaults(1, 2, 0, true));
    }

    /** The keys that llama.cpp's converter writes for T5 and XLM-R: the pieces in the model's order, and the character map. */
    private static Tokenizer unigram(Metadata metadata) {
        Vocabulary vocabulary = vocabulary(metadata, Vocabulary.Writing.SENTENCE_PIECE);
        List<Double> listed = metadata.list(PREFIX + "scores", Double.class);
        float[] scores = new float[listed.size()];
        for (int token = 0; token < scores.length; token++) {
            scores[token] = listed.get(token).floatValue();
        }
        List<Long> map = metadata.optionalList(PREFIX + "precompiled_charsmap", Long.class).orElse(List.of());
        byte[] characterMap = new byte[map.size()];
        for (int i = 0; i < characterMap.length; i++) {
            characterMap[i] = map.get(i).byteValue();
        }
        SentencePieceModel.Rules rules = new SentencePieceModel.Rules(characterMap,
                metadata.flagOr(PREFIX + "add_space_prefix", true), metadata.flagOr(PREFIX + "remove_extra_whitespaces", true), true,
                false);
        SentencePieceModel model = new SentencePieceModel("tokenizer.ggml", SentencePieceModel.Kind.UNIGRAM, vocabulary.pieces(), scores,
                vocabulary.kinds(), false, rules, "<s>", "</s>", "<pad>");
        OptionalInt bos = token(metadata, vocabulary, "bos_token_id", -1);
        OptionalInt eos = token(metadata, vocabulary, "eos_token_id", 1);
        OptionalInt unknown = token(metadata, vocabulary, "unknown_token_id", 2);
        boolean addsBos = metadata.flagOr(PREFIX + "add_bos_token", false);
        boolean addsEos = metadata.flagOr(PREFIX + "add_eos_token", true);
        if (addsBos && bos.isEmpty() || addsEos && eos.isEmpty()) {
            throw new ModelFormatException(PREFIX + (addsBos && bos.isEmpty() ? "add_bos_token" : "add_eos_token")
                    + " is true, but the file does not say which token that is");
        }
        SequenceTemplate template = addsBos && addsEos ? TemplateReader.roberta(bos.getAsInt(), eos.getAsInt())
                : addsEos ? TokenLayout.ended(eos.getAsInt())
                : addsBos ? new SequenceTemplate(List.of(new SequenceTemplate.Part.Special(bos.getAsInt(), 0),
                        new SequenceTemplate.Part.Text(0, 0)), List.of())
                : SequenceTemplate.bare();
        return new SentencePieceTokenizer(model, new TokenLayout(vocabulary, IntStream.range(0, vocabulary.size()).toArray(),
                Map.of(), template, bos, eos, unknown, token(metadata, vocabulary, "padding_token_id", 0),
                token(metadata, vocabulary, "mask_token_id", -1)), endTokens(metadata, vocabulary, eos));
    }

    static Vocabulary vocabulary(Metadata metadata, Vocabulary.Writing writing) {
        // a copy: the file's own list decodes a string whenever it is asked for one
        List<String> pieces = List.copyOf(metadata.list(PREFIX + "tokens", String.class));
        List<Vocabulary.Kind> kinds = new ArrayList<>(metadata.optionalList(PREFIX + "token_type", Long.class)
                .map(types -> types.stream().map(GgufTokenizer::kind).toList())
                .orElseGet(() -> Collections.nCopies(pieces.size(), Vocabulary.Kind.NORMAL)));
        for (int token = 0; token < Math.min(pieces.size(), kinds.size()); token++) {
            if (END_NAMES.contains(pieces.get(token))) {
                kinds.set(token, Vocabulary.Kind.CONTROL);
            }
        }
        return new Vocabulary(pieces, kinds, writing);
    }

    private static Vocabulary.Kind kind(long type) {
        Vocabulary.Kind[] kinds = Vocabulary.Kind.values();
        if (type < 0 || type >= kinds.length) {
            throw new ModelFormatException("tokenizer.ggml.token_type holds " + type + ": token types are 0 to "
                    + (kinds.length - 1));
        }
        return kinds[(int) type];
    }

    static OptionalInt token(Metadata metadata, Vocabulary vocabulary, String key, int fallback) {
        int token = metadata.integerOr(PREFIX + key, fallback);
        if (token == fallback && (fallback < 0 || fallback >= vocabulary.size())) {
            return OptionalInt.empty();
        }
        if (token < 0 || token >= vocabulary.size()) {
            throw new ModelFormatException("metadata key " + PREFIX + key + " is " + token + ", but the vocabulary has "
                    + vocabulary.size() + " tokens");
        }
        return OptionalInt.of(token);
    }

    private static Set<Integer> swallowing(Metadata metadata, Vocabulary vocabulary) {
        String name = metadata.optionalString("general.name").orElse("").toLowerCase(Locale.ROOT);
        if (SWALLOWING_MODELS.stream().noneMatch(name::contains)) {
            return Set.of();
        }
        Set<Integer> tokens = new LinkedHashSet<>();
        for (int token = 0; token < vocabulary.size(); token++) {
            boolean byName = switch (vocabulary.kinds().get(token)) {
                case CONTROL, UNKNOWN, USER_DEFINED -> true;
                case UNDEFINED, NORMAL, UNUSED, BYTE -> false;
            };
            if (byName && !KEEPS_SPACE_AFTER.contains(vocabulary.pieces().get(token))) {
                tokens.add(token);
            }
        }
        return tokens;
    }

    private static Set<Integer> endTokens(Metadata metadata, Vocabulary vocabulary, OptionalInt eos) {
        Set<Integer> tokens = new LinkedHashSet<>();
        eos.ifPresent(tokens::add);
        token(metadata, vocabulary, "eot_token_id", -1).ifPresent(tokens::add);
        token(metadata, vocabulary, "eom_token_id", -1).ifPresent(tokens::add);
        for (int token = 0; token < vocabulary.size(); token++) {
            if (END_NAMES.contains(vocabulary.pieces().get(token))) {
                tokens.add(token);
            }
        }
        return Collections.unmodifiableSet(tokens);
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
        encode(specialTokens.split(CharacterKind.wellFormed(text), parseSpecial), out);
    }

    private void encode(List<SpecialTokens.Part> parts, TokenList out) {
        boolean afterSpecial = true;
        for (SpecialTokens.Part part : parts) {
            switch (part) {
                case SpecialTokens.Part.Token(int token, int from, int to) -> {
                    out.placesFrom(0, 0);
                    out.add(token, from, to);
                    afterSpecial = true;
                }
                case SpecialTokens.Part.Text(String words, int from) -> {
                    boolean spaced = addsLeadingSpace && afterSpecial;
                    out.placesFrom(spaced ? from - 1 : from, from);
                    encoder.encode(spaced ? " " + words : words, out);
                    afterSpecial = false;
                }
            }
        }
    }

    @Override
    public long minTokens(String text) {
        return longest.isEmpty() ? 0 : Math.ceilDiv(text.length(), Math.max(1, longest.getAsInt()));
    }

    @Override
    public SequenceTemplate template() {
        return template;
    }

    @Override
    public int[] encodePrompt(String text, boolean parseSpecial) {
        return enclosed(encode(text, parseSpecial));
    }

    @Override
    public int[] encodePrompt(Rendered conversation) {
        TokenList out = new TokenList(conversation.text().length() / 3, false);
        encode(specialTokens.split(CharacterKind.wellFormed(conversation.text()), conversation.stretches()), out);
        return enclosed(out.tokens());
    }

    private int[] enclosed(int[] tokens) {
        boolean begun = bos.isPresent() && tokens.length > 0 && tokens[0] == bos.getAsInt();
        IntStream before = addsBos && !begun ? IntStream.of(bos.getAsInt()) : IntStream.empty();
        IntStream after = addsEos ? IntStream.of(eos.getAsInt()) : IntStream.empty();
        return IntStream.concat(IntStream.concat(before, IntStream.of(tokens)), after).toArray();
    }

    @Override
    public byte[] bytes(int token) {
        return vocabulary.bytes(token);
    }

    @Override
    public String piece(int token) {
        return vocabulary.piece(token);
    }

    @Override
    public int vocabularySize() {
        return vocabulary.size();
    }

    @Override
    public OptionalInt bos() {
        return bos;
    }

    @Override
    public OptionalInt eos() {
        return eos;
    }

    @Override
    public OptionalInt unknown() {
        return unknown;
    }

    @Override
    public OptionalInt pad() {
        return pad;
    }

    @Override
    public OptionalInt mask() {
        return mask;
    }

    @Override
    public OptionalInt id(String piece) {
        return vocabulary.id(piece);
    }

    @Override
    public Set<Integer> endTokens() {
        return endTokens;
    }

    @Override
    public boolean isSpecial(int token) {
        return vocabulary.isSpecial(token);
    }

    @Override
    public boolean addsLeadingSpace() {
        return addsLeadingSpace;
    }

    @Override
    public void close() {
        encoder.close();
    }
}
