package org.waterspout.model.text.json;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.waterspout.error.ModelFormatException;
import org.waterspout.error.ModelNotFoundException;
import org.waterspout.error.Quoted;
import org.waterspout.error.UnsupportedModelException;
import org.waterspout.model.text.subword.Vocabulary;

/**
 * What a tokenizer.json says.
 *
 * @param json   the whole file
 * @param source where it came from, for messages
 */
public record TokenizerJson(ObjectNode json, String source) {

    private static final Logger LOG = LoggerFactory.getLogger(TokenizerJson.class);
    public static final ObjectMapper JSON = new ObjectMapper();
    private static final Set<String> MODELS = Set.of("BPE", "WordPiece", "Unigram");
    private static final Set<String> DECODERS = Set.of("", "Sequence", "ByteLevel", "ByteFallback", "Fuse", "Strip", "Replace",
            "Metaspace", "WordPiece");

    public static TokenizerJson of(Path file) {
        return new TokenizerJson(object(file), file.toString());
    }

    /** The JSON object that {@code file} holds. */
    public static ObjectNode object(Path file) {
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

    /** The object in {@code name} beside the tokenizer, or an empty one. */
    public static ObjectNode optionalObject(Path folder, String name) {
        Path file = folder.resolve(name);
        return Files.isRegularFile(file) ? object(file) : JSON.createObjectNode();
    }

    /** BPE, WordPiece or Unigram. Old files do not name it. */
    public String model() {
        JsonNode model = json.path("model");
        String type = model.path("type").asText();
        if (type.isEmpty()) {
            type = model.has("merges") ? "BPE" : model.path("vocab").isArray() ? "Unigram"
                    : model.has("continuing_subword_prefix") ? "WordPiece" : "";
        }
        if (!MODELS.contains(type) && !(type.isEmpty() && model.path("vocab").isObject())) {
            throw new UnsupportedModelException("the tokenizer model " + Quoted.of(type) + " of " + source
                    + " is not built: use a BPE, WordPiece or Unigram tokenizer");
        }
        return type;
    }

    Vocabulary.Writing writing() {
        List<String> decoders = decoders();
        for (String decoder : decoders) {
            if (!DECODERS.contains(decoder)) {
                throw new UnsupportedModelException("decoder " + Quoted.of(decoder) + " of " + source
                        + " is not built: use a tokenizer with a ByteLevel, ByteFallback, Metaspace or WordPiece decoder");
            }
        }
        if (decoders.contains("ByteLevel")) {
            return Vocabulary.Writing.BYTE_LEVEL;
        }
        if (decoders.contains("ByteFallback") || decoders.contains("Metaspace")) {
            return Vocabulary.Writing.SENTENCE_PIECE;
        }
        return Vocabulary.Writing.WORD_PIECE;
    }

    /** Types of the decoder and of its parts. */
    public List<String> decoders() {
        List<String> types = new ArrayList<>();
        JsonNode decoder = json.path("decoder");
        types.add(decoder.path("type").asText());
        decoder.path("decoders").forEach(part -> types.add(part.path("type").asText()));
        return types;
    }

    public Vocabulary vocabulary() {
        model();
        Vocabulary.Writing writing = writing();
        List<String> pieces = new ArrayList<>();
        List<Vocabulary.Kind> kinds = new ArrayList<>();
        JsonNode vocab = json.path("model").path("vocab");
        if (vocab instanceof ArrayNode scored) { // Unigram: pairs of piece and score, the place is the number
            for (JsonNode pair : scored) {
                put(pieces, kinds, pieces.size(), pair.path(0).asText(), kind(writing, pair.path(0).asText()));
            }
            int unknown = json.path("model").path("unk_id").asInt(-1);
            if (unknown >= 0 && unknown < kinds.size()) {
                kinds.set(unknown, Vocabulary.Kind.UNKNOWN);
            }
        } else if (vocab instanceof ObjectNode numbered) {
            numbered.properties().forEach(entry -> put(pieces, kinds, entry.getValue().asInt(-1), entry.getKey(),
                    kind(writing, entry.getKey())));
        } else {
            throw new ModelFormatException(source + " holds no vocabulary");
        }
        for (JsonNode token : json.path("added_tokens")) {
            put(pieces, kinds, token.path("id").asInt(-1), token.path("content").asText(),
                    token.path("special").asBoolean() ? Vocabulary.Kind.CONTROL : Vocabulary.Kind.USER_DEFINED);
        }
        return new Vocabulary(pieces, kinds, writing);
    }

    private static Vocabulary.Kind kind(Vocabulary.Writing writing, String piece) {
        return writing == Vocabulary.Writing.SENTENCE_PIECE && Vocabulary.byteOf(piece) >= 0 ? Vocabulary.Kind.BYTE
                : Vocabulary.Kind.NORMAL;
    }

    private void put(List<String> pieces, List<Vocabulary.Kind> kinds, int token, String piece, Vocabulary.Kind kind) {
        if (token < 0 || token > 10_000_000) {
            throw new ModelFormatException(source + ": the token " + Quoted.of(piece) + " has no number between 0 and 10000000");
        }
        while (pieces.size() <= token) { // numbers without a token decode to nothing
            pieces.add("");
            kinds.add(Vocabulary.Kind.UNUSED);
        }
        pieces.set(token, piece);
        kinds.set(token, kind);
    }

    /** The token the model itself gives for what it cannot write. */
    public OptionalInt unknown(Vocabulary vocabulary) {
        JsonNode model = json.path("model");
        int number = model.path("unk_id").asInt(-1);
        if (number >= 0) {
            return OptionalInt.of(number);
        }
        return model.path("unk_token").isTextual() ? vocabulary.id(model.path("unk_token").asText()) : OptionalInt.empty();
    }

    /** Whether the space before the first word is encoding's, which decoding takes off. */
    public boolean dropsFirstSpace() {
        List<String> decoders = decoders();
        JsonNode decoder = json.path("decoder");
        boolean metaspace = decoders.contains("Metaspace") && !decoder.path("prepend_scheme").asText().equals("never")
                && decoder.path("add_prefix_space").asBoolean(true);
        return decoders.contains("Strip") || metaspace || writing() == Vocabulary.Writing.WORD_PIECE;
    }

    /**
     * Classes that make BERT's normalizer of tokenizer_config.json, and of their own defaults where it says nothing: as in Transformers 5.
     */
    private static final Set<String> LIKE_BERT = Set.of("BertTokenizer", "DistilBertTokenizer", "MPNetTokenizer", "ElectraTokenizer");
    /** Classes that put a space before a text, or none, by tokenizer_config.json alone. */
    private static final Set<String> LIKE_GPT2 = Set.of("GPT2Tokenizer", "RobertaTokenizer", "BartTokenizer");

    /**
     * Some classes of Transformers go by tokenizer_config.json where tokenizer.json says otherwise. This makes their parts anew, as they
     * do, and says what differs.
     *
     * @param name   the class
     * @param config tokenizer_config.json
     */
    public void followConfiguration(String name, JsonNode config) {
        if (LIKE_BERT.contains(name) && model().equals("WordPiece")) {
            ObjectNode normalizer = JSON.createObjectNode().put("type", "BertNormalizer").put("clean_text", true);
            normalizer.put("handle_chinese_chars", config.path("tokenize_chinese_chars").asBoolean(true));
            normalizer.set("strip_accents", config.path("strip_accents").isBoolean() ? config.path("strip_accents") : JSON.nullNode());
            normalizer.put("lowercase", config.path("do_lower_case").asBoolean(true));
            replace(json, "normalizer", normalizer, name);
        } else if (LIKE_GPT2.contains(name) && json.path("pre_tokenizer") instanceof ObjectNode cut
                && cut.path("type").asText().equals("ByteLevel")) {
            replace(cut, "add_prefix_space", JSON.getNodeFactory().booleanNode(config.path("add_prefix_space").asBoolean()), name);
        }
    }

    private void replace(ObjectNode part, String key, JsonNode value, String name) {
        JsonNode before = part.path(key);
        if (!value.equals(before)) {
            LOG.warn("{}: {} is {}; {} and tokenizer_config.json make it {}, which is followed as Transformers does", source, key, before,
                    name, value);
            part.set(key, value);
        }
    }

    /** Makes capital letters small before all else, unless the tokenizer does so itself. */
    public void lowerCase() {
        JsonNode normalizer = json.path("normalizer");
        List<JsonNode> steps = new ArrayList<>();
        if (normalizer.path("type").asText().equals("Sequence")) {
            normalizer.path("normalizers").forEach(steps::add);
        } else if (normalizer.isObject()) {
            steps.add(normalizer);
        }
        boolean small = steps.stream().anyMatch(step -> step.path("type").asText().equals("Lowercase")
                || step.path("type").asText().equals("BertNormalizer") && step.path("lowercase").asBoolean());
        if (!small) {
            ObjectNode sequence = JSON.createObjectNode().put("type", "Sequence");
            ArrayNode all = sequence.putArray("normalizers");
            all.addObject().put("type", "Lowercase");
            steps.forEach(all::add);
            json.set("normalizer", sequence);
        }
    }

    /** The special tokens for which {@code property} holds. */
    public Set<Integer> special(String property) {
        Set<Integer> tokens = new HashSet<>();
        for (JsonNode token : json.path("added_tokens")) {
            if (token.path("special").asBoolean() && token.path(property).asBoolean()) {
                tokens.add(token.path("id").asInt());
            }
        }
        return tokens;
    }

    /** Where a space is put before a whole text's first word, puts none there; whether it does so. */
    public boolean prependNever() {
        JsonNode cut = json.path("pre_tokenizer");
        boolean changed = false;
        List<JsonNode> parts = new ArrayList<>(List.of(cut));
        cut.path("pretokenizers").forEach(parts::add);
        for (JsonNode part : parts) {
            if (part instanceof ObjectNode metaspace && part.path("prepend_scheme").asText().equals("first")) {
                metaspace.put("prepend_scheme", "never");
                changed = true;
            }
        }
        return changed;
    }
}
