package org.waterspout.model.text;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;

/** A tokenizer.json. Pieces that stand for bytes are decoded token by token, others together, as decoders look at neighbours. */
final class JsonTokenizer implements Tokenizer {

    private final Vocabulary vocabulary;
    private final JsonEncoder encoder;
    /** For plain text, if the tokenizer is BERT's. */
    private final Optional<PlainWordPieces> plain;
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
    }

    static JsonTokenizer of(Path file) {
        return of(TokenizerJson.of(file), Neighbours.of(file.toAbsolutePath().getParent()));
    }

    /** The tokenizer that {@code json} describes, which is given away. */
    static JsonTokenizer of(TokenizerJson json, Neighbours neighbours) {
        json.followConfiguration(neighbours);
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
        int[] tokens = template.around(pieces(text, parseSpecial)).tokens();
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
        return out.encoding(text);
    }

    private void encode(String text, boolean parseSpecial, TokenList out) {
        if (!parseSpecial && plain.isPresent() && PlainWordPieces.takes(text)) {
            plain.get().encode(text, out);
        } else {
            encoder.encode(CharacterKind.wellFormed(text), parseSpecial, out);
        }
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
