package org.waterspout.model.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import org.waterspout.error.ModelFormatException;
import org.waterspout.error.ModelNotFoundException;
import org.waterspout.error.UnsupportedModelException;

/** A tokenizer.json: encoding is the library's, decoding goes token by token over the vocabulary's bytes. */
final class JsonTokenizer implements Tokenizer {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Vocabulary vocabulary;
    /** Knows every added token. */
    private final NativeTokenizer withSpecial;
    /** Knows only the added tokens that are not special, so that a special one's name is ordinary text. */
    private final NativeTokenizer withoutSpecial;
    private final OptionalInt bos;
    private final OptionalInt eos;
    private final boolean addsLeadingSpace;

    private JsonTokenizer(Vocabulary vocabulary, NativeTokenizer withSpecial, NativeTokenizer withoutSpecial, OptionalInt bos,
            OptionalInt eos, boolean addsLeadingSpace) {
        this.vocabulary = vocabulary;
        this.withSpecial = withSpecial;
        this.withoutSpecial = withoutSpecial;
        this.bos = bos;
        this.eos = eos;
        this.addsLeadingSpace = addsLeadingSpace;
    }

    static JsonTokenizer of(Path file) {
        ObjectNode json = read(file);
        Vocabulary vocabulary = vocabulary(json, file);
        Path config = file.resolveSibling("tokenizer_config.json");
        JsonNode names = Files.exists(config) ? read(config) : JSON.createObjectNode();
        OptionalInt bos = named(vocabulary, names.path("bos_token"));
        OptionalInt eos = named(vocabulary, names.path("eos_token"));
        boolean addsLeadingSpace = decoderTypes(json).contains("Strip");
        NativeTokenizer withSpecial = new NativeTokenizer(bytes(json), file.toString());
        try {
            removeSpecial(json);
            return new JsonTokenizer(vocabulary, withSpecial, new NativeTokenizer(bytes(json), file.toString()), bos, eos,
                    addsLeadingSpace);
        } catch (RuntimeException e) {
            withSpecial.close();
            throw e;
        }
    }

    private static ObjectNode read(Path file) {
        if (!Files.isRegularFile(file)) {
            throw new ModelNotFoundException("there is no file " + file + ": give the path of a tokenizer.json");
        }
        try {
            if (JSON.readTree(Files.readAllBytes(file)) instanceof ObjectNode object) {
                return object;
            }
        } catch (IOException e) {
            throw new ModelFormatException(file + " is not readable JSON", e);
        }
        throw new ModelFormatException(file + " holds no JSON object");
    }

    private static byte[] bytes(JsonNode json) {
        try {
            return JSON.writeValueAsBytes(json);
        } catch (IOException e) {
            throw new ModelFormatException("the tokenizer cannot be written as JSON again", e);
        }
    }

    private static Vocabulary vocabulary(ObjectNode json, Path file) {
        List<String> decoders = decoderTypes(json);
        Vocabulary.Writing writing;
        if (decoders.contains("ByteLevel")) {
            writing = Vocabulary.Writing.BYTE_LEVEL;
        } else if (decoders.contains("ByteFallback")) {
            writing = Vocabulary.Writing.SENTENCE_PIECE;
        } else {
            throw new UnsupportedModelException("decoders " + decoders + " of " + file
                    + " are not built: use a tokenizer with a ByteLevel or ByteFallback decoder");
        }
        JsonNode vocab = json.path("model").path("vocab");
        if (!(vocab instanceof ObjectNode)) {
            throw new UnsupportedModelException("the tokenizer model " + json.path("model").path("type").asText() + " of " + file
                    + " is not built: use a BPE tokenizer");
        }
        List<String> pieces = new ArrayList<>();
        List<Vocabulary.Kind> kinds = new ArrayList<>();
        vocab.properties().forEach(entry -> put(pieces, kinds, entry.getValue().asInt(-1), entry.getKey(),
                writing == Vocabulary.Writing.SENTENCE_PIECE && Vocabulary.byteOf(entry.getKey()) >= 0
                        ? Vocabulary.Kind.BYTE : Vocabulary.Kind.NORMAL, file));
        for (JsonNode token : json.path("added_tokens")) {
            put(pieces, kinds, token.path("id").asInt(-1), token.path("content").asText(),
                    token.path("special").asBoolean() ? Vocabulary.Kind.CONTROL : Vocabulary.Kind.USER_DEFINED, file);
        }
        return new Vocabulary(pieces, kinds, writing);
    }

    private static void put(List<String> pieces, List<Vocabulary.Kind> kinds, int token, String piece, Vocabulary.Kind kind,
            Path file) {
        if (token < 0 || token > 10_000_000) {
            throw new ModelFormatException(file + ": the token '" + piece + "' has no number between 0 and 10000000");
        }
        while (pieces.size() <= token) { // numbers without a token decode to nothing
            pieces.add("");
            kinds.add(Vocabulary.Kind.UNUSED);
        }
        pieces.set(token, piece);
        kinds.set(token, kind);
    }

    private static List<String> decoderTypes(JsonNode json) {
        List<String> types = new ArrayList<>();
        JsonNode decoder = json.path("decoder");
        types.add(decoder.path("type").asText());
        decoder.path("decoders").forEach(part -> types.add(part.path("type").asText()));
        return types;
    }

    private static void removeSpecial(ObjectNode json) {
        ArrayNode kept = JSON.createArrayNode();
        json.path("added_tokens").forEach(token -> {
            if (!token.path("special").asBoolean()) {
                kept.add(token);
            }
        });
        json.set("added_tokens", kept);
    }

    /** A token named by a string, or by an object whose content is its name. */
    private static OptionalInt named(Vocabulary vocabulary, JsonNode name) {
        int token = vocabulary.pieces().indexOf(name.isObject() ? name.path("content").asText() : name.asText());
        return name.isMissingNode() || name.isNull() || token < 0 ? OptionalInt.empty() : OptionalInt.of(token);
    }

    @Override
    public int[] encode(String text, boolean parseSpecial) {
        return (parseSpecial ? withSpecial : withoutSpecial).encode(NativeTokenizer.wellFormed(text), false);
    }

    @Override
    public int[] encodePrompt(String text, boolean parseSpecial) {
        int[] tokens = (parseSpecial ? withSpecial : withoutSpecial).encode(NativeTokenizer.wellFormed(text), true);
        boolean doubled = bos.isPresent() && tokens.length > 1 && tokens[0] == bos.getAsInt() && tokens[1] == bos.getAsInt();
        return doubled ? java.util.Arrays.copyOfRange(tokens, 1, tokens.length) : tokens;
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
    public Set<Integer> endTokens() {
        return eos.isPresent() ? Set.of(eos.getAsInt()) : Collections.emptySet();
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
        withSpecial.close();
        withoutSpecial.close();
    }
}
