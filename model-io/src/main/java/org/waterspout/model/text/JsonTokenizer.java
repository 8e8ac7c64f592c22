package org.waterspout.model.text;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;
import org.waterspout.model.text.characters.CharacterKind;
import org.waterspout.model.text.jinja.Rendered;
import org.waterspout.model.text.json.JsonDecoder;
import org.waterspout.model.text.json.JsonEncoder;
import org.waterspout.model.text.json.MinTokenCount;
import org.waterspout.model.text.json.PlainWordPieces;
import org.waterspout.model.text.json.TokenizerJson;
import org.waterspout.model.text.subword.SpecialTokens;
import org.waterspout.model.text.subword.TokenList;
import org.waterspout.model.text.subword.Vocabulary;

/** A tokenizer.json. Pieces that stand for bytes are decoded token by token, others together, as decoders look at neighbours. */
final class JsonTokenizer implements Tokenizer {

    private final Vocabulary vocabulary;
    private final JsonEncoder encoder;
    /** For plain text, if the tokenizer is BERT's. */
    private final Optional<PlainWordPieces> plain;
    /** The same for words further on in a text, where the space before the first word is the tokenizer's. */
    private final JsonEncoder furtherOn;
    private final SpecialTokens names;
    /** Special tokens that swallow the white space before them, and after them. */
    private final Set<Integer> swallowBefore;
    private final Set<Integer> swallowAfter;
    private final SequenceTemplate template;
    private final OptionalInt bos;
    private final OptionalInt eos;
    private final OptionalInt unknown;
    private final OptionalInt pad;
    private final OptionalInt mask;
    private final Set<Integer> endTokens;
    private final boolean addsLeadingSpace;
    private final boolean decodesByBytes;
    private final boolean cleansSpaces;
    private final JsonDecoder decoder;
    /** Word pieces are made of whole words; other models' pre-tokenizers also cut where no word ends, or only at spaces. */
    private final boolean wordsAreTold;
    private final Optional<MinTokenCount> min;

    private JsonTokenizer(TokenizerJson json, Neighbours neighbours) {
        this.vocabulary = json.vocabulary();
        this.template = TemplateReader.of(json, vocabulary.size());
        this.bos = neighbours.token(vocabulary, "bos_token");
        this.eos = neighbours.token(vocabulary, "eos_token");
        this.pad = neighbours.token(vocabulary, "pad_token");
        this.mask = neighbours.token(vocabulary, "mask_token");
        OptionalInt byModel = json.unknown(vocabulary);
        this.unknown = byModel.isPresent() ? byModel : neighbours.token(vocabulary, "unk_token");
        this.endTokens = neighbours.endTokens(vocabulary, eos);
        List<String> decoders = json.decoders();
        this.decodesByBytes = decoders.contains("ByteLevel") || decoders.contains("ByteFallback");
        this.addsLeadingSpace = json.dropsFirstSpace();
        // Transformers does not do this to BPE, whatever the file says
        this.cleansSpaces = neighbours.cleansSpaces() && !json.model().equals("BPE");
        this.wordsAreTold = json.model().equals("WordPiece");
        this.plain = PlainWordPieces.of(json.json(), vocabulary);
        this.decoder = decodesByBytes ? pieces -> pieces : JsonDecoder.of(json.json().path("decoder"), json.source());
        this.encoder = new JsonEncoder(json, vocabulary);
        this.min = MinTokenCount.of(json);
        this.names = new SpecialTokens(vocabulary, Set.of());
        this.swallowBefore = json.special("lstrip");
        this.swallowAfter = json.special("rstrip");
        this.furtherOn = json.prependNever() ? encoder.cutAs(json) : encoder;
    }

    static JsonTokenizer of(Path file) {
        return of(TokenizerJson.of(file), Neighbours.of(file.toAbsolutePath().getParent()));
    }

    /** The tokenizer that {@code json} describes, which is given away. */
    static JsonTokenizer of(TokenizerJson json, Neighbours neighbours) {
        json.followConfiguration(neighbours.tokenizerClass(), neighbours.config());
        if (neighbours.lowersCase()) {
            json.lowerCase();
        }
        return new JsonTokenizer(json, neighbours);
    }

    @Override
    public int[] encode(String text, boolean parseSpecial) {
        TokenList out = new TokenList(text.length() / 3, false);
        encode(text, parseSpecial, out);
        return out.tokens();
    }

    @Override
    public int[] encodePrompt(String text, boolean parseSpecial) {
        return enclosed(pieces(text, parseSpecial));
    }

    @Override
    public int[] encodePrompt(Rendered conversation) {
        String text = CharacterKind.wellFormed(conversation.text());
        TokenList out = new TokenList(text.length() / 3, true);
        List<SpecialTokens.Part> parts = names.split(text, conversation.stretches());
        if (parts.equals(names.split(text, true))) {
            encode(text, true, out);
        } else {
            encodeApart(text, parts, out);
        }
        return enclosed(Encoding.of(text, out));
    }

    /**
     * Words that hold special tokens' names without meaning them are cut without looking for names; all else, from one special token to
     * another, with looking for them.
     */
    private void encodeApart(String text, List<SpecialTokens.Part> parts, TokenList out) {
        int done = 0;
        int from = 0;
        int before = -1;
        for (int i = 0; i <= parts.size(); i++) {
            SpecialTokens.Part part = i < parts.size() ? parts.get(i) : null;
            boolean special = part instanceof SpecialTokens.Part.Token(int token, int start, int end) && isSpecial(token);
            if (part != null && !special) {
                continue;
            }
            int to = part instanceof SpecialTokens.Part.Token token ? token.from() : text.length();
            if (holdsNames(text.substring(from, to))) {
                int first = from;
                while (swallowAfter.contains(before) && first < to && Character.isWhitespace(text.charAt(first))) {
                    first++;
                }
                int last = to;
                while (part instanceof SpecialTokens.Part.Token token && swallowBefore.contains(token.token()) && last > first
                        && Character.isWhitespace(text.charAt(last - 1))) {
                    last--;
                }
                encode(encoder, true, text, done, first, out);
                encode(first == 0 ? encoder : furtherOn, false, text, first, last, out);
                done = last;
            }
            if (part instanceof SpecialTokens.Part.Token token) {
                before = token.token();
                from = token.to();
            }
        }
        encode(encoder, true, text, done, text.length(), out);
    }

    private static void encode(JsonEncoder encoder, boolean special, String text, int from, int to, TokenList out) {
        out.placesFrom(from, from);
        encoder.encode(text.substring(from, to), special, out);
    }

    private boolean holdsNames(String words) {
        return names.split(words, true).stream().anyMatch(part -> part instanceof SpecialTokens.Part.Token token
                && isSpecial(token.token()));
    }

    private int[] enclosed(Encoding encoding) {
        int[] tokens = template.around(encoding).tokens();
        boolean doubled = bos.isPresent() && tokens.length > 1 && tokens[0] == bos.getAsInt() && tokens[1] == bos.getAsInt();
        return doubled ? Arrays.copyOfRange(tokens, 1, tokens.length) : tokens;
    }

    @Override
    public Encoding pieces(String text, boolean parseSpecial) {
        TokenList out = new TokenList(text.length() / 3, true);
        if (wordsAreTold) {
            out.withWords();
        }
        encode(text, parseSpecial, out);
        return Encoding.of(text, out);
    }

    private void encode(String text, boolean parseSpecial, TokenList out) {
        if (!parseSpecial && plain.isPresent() && PlainWordPieces.takes(text)) {
            plain.get().encode(text, out);
        } else {
            encoder.encode(CharacterKind.wellFormed(text), parseSpecial, out);
        }
    }

    @Override
    public long minTokens(String text) {
        return min.map(bound -> bound.of(text)).orElse(0L);
    }

    @Override
    public SequenceTemplate template() {
        return template;
    }

    @Override
    public String decode(int[] tokens, boolean withSpecialNames) {
        if (decodesByBytes) {
            return Tokenizer.super.decode(tokens, withSpecialNames);
        }
        String text = String.join("", decoder.decode(IntStream.of(tokens).filter(token -> withSpecialNames || !isSpecial(token))
                .mapToObj(vocabulary::piece).toList()));
        return cleansSpaces ? cleaned(text) : text;
    }

    /** What clean_up_tokenization_spaces asks for; the replacements and their order are those of Transformers. */
    static String cleaned(String text) {
        return text.replace(" .", ".").replace(" ?", "?").replace(" !", "!").replace(" ,", ",").replace(" ' ", "'")
                .replace(" n't", "n't").replace(" 'm", "'m").replace(" 's", "'s").replace(" 've", "'ve").replace(" 're", "'re");
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
        // nothing but Java objects
    }
}
