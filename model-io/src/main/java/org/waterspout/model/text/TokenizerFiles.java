package org.waterspout.model.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.waterspout.error.ModelFormatException;
import org.waterspout.error.ModelNotFoundException;
import org.waterspout.error.Quoted;
import org.waterspout.error.UnsupportedModelException;
import org.waterspout.model.ModelFile;
import org.waterspout.model.text.json.TokenizerJson;
import org.waterspout.model.text.sentencepiece.SentencePieceModel;

/** Which tokenizer the files of a model directory make. */
final class TokenizerFiles {

    private static final String CONFIG = "tokenizer_config.json";

    /** Names under which directories keep a SentencePiece model, the source language's first. */
    private static final List<String> SENTENCE_PIECE = List.of("spiece.model", "sentencepiece.bpe.model", "tokenizer.model",
            "spm.model", "sentence.bpe.model", "source.spm");

    /** Classes whose vocab.json and merges.txt are cut as GPT-2's are; others cut words another way. */
    private static final Set<String> LIKE_GPT2 = Set.of("", "GPT2Tokenizer", "RobertaTokenizer", "BartTokenizer",
            "LongformerTokenizer", "LEDTokenizer", "BlenderbotTokenizer", "MvpTokenizer", "PreTrainedTokenizer");

    /** Classes whose SentencePiece model is changed by code of their own. */
    private static final Set<String> NOT_BUILT = Set.of("AlbertTokenizer", "XLNetTokenizer", "PegasusTokenizer", "BarthezTokenizer",
            "BigBirdTokenizer", "RemBertTokenizer", "FNetTokenizer", "MLukeTokenizer", "ReformerTokenizer", "DebertaV2Tokenizer",
            "UdopTokenizer", "XGLMTokenizer", "CpmTokenizer", "SeamlessM4TTokenizer", "PLBartTokenizer", "SpeechT5Tokenizer");

    private TokenizerFiles() { }

    static Tokenizer of(Path path) {
        if (Files.isDirectory(path)) {
            return ofDirectory(path);
        }
        if (!Files.isRegularFile(path)) {
            throw new ModelNotFoundException("there is no file " + path + ": give a model directory, a tokenizer.json, a vocab.txt "
                    + "or a SentencePiece model");
        }
        String name = String.valueOf(path.getFileName());
        Path folder = path.toAbsolutePath().getParent();
        if (name.endsWith(".spm") || name.endsWith(".model")) {
            return sentencePiece(path, folder);
        }
        if (name.endsWith(".txt") && !name.equals("merges.txt")) {
            return wordPiece(path, folder);
        }
        return name.equals("vocab.json") || name.equals("merges.txt") ? byteLevel(folder) : JsonTokenizer.of(path);
    }

    /** Where the tokenizer of {@code file} is, if not in its metadata. */
    static Path textPath(ModelFile file) {
        Path folder = Files.isDirectory(file.path()) ? file.path() : file.path().toAbsolutePath().getParent();
        return file.textPath().orElse(folder);
    }

    private static Tokenizer ofDirectory(Path folder) {
        if (has(folder, "tokenizer.json")) {
            return JsonTokenizer.of(folder.resolve("tokenizer.json"));
        }
        for (String name : SENTENCE_PIECE) {
            if (has(folder, name)) {
                return sentencePiece(folder.resolve(name), folder);
            }
        }
        if (has(folder, "vocab.txt")) {
            return wordPiece(folder.resolve("vocab.txt"), folder);
        }
        if (has(folder, "vocab.json") && has(folder, "merges.txt")) {
            return byteLevel(folder);
        }
        List<Path> models = marianVocabularies(folder);
        if (!models.isEmpty()) {
            return sentencePiece(models.getFirst(), folder);
        }
        throw new ModelNotFoundException("there is no tokenizer in " + folder
                + ": it should hold a tokenizer.json, vocab.txt, vocab.json with merges.txt, or a SentencePiece model");
    }

    /** Marian's own: one .spm for both languages, or one each, the source language's first. */
    static List<Path> marianVocabularies(Path folder) {
        List<Path> found = new ArrayList<>();
        for (String prefix : List.of("srcvocab.", "trgvocab.", "vocab.")) {
            try (var files = Files.newDirectoryStream(folder, prefix + "*spm")) {
                files.forEach(found::add);
            } catch (IOException e) {
                throw new ModelNotFoundException("the directory " + folder + " cannot be read", e);
            }
        }
        return found;
    }

    /** The tokenizer of one of OPUS-MT's two SentencePiece models. */
    static Tokenizer marian(Path folder, String name) {
        ObjectNode config = TokenizerJson.optionalObject(folder, CONFIG);
        boolean own = name.equals("target.spm") && config.path("separate_vocabs").asBoolean();
        Path list = folder.resolve(own ? "target_vocab.json" : "vocab.json");
        SentencePieceModel model = SentencePieceModel.read(folder.resolve(name));
        return sentencePiece(model, TokenLayout.listed(model, listed(list), List.of(), 0, List.of("</s>", "<pad>"), list.toString()),
                folder);
    }

    static boolean has(Path folder, String name) {
        return Files.isRegularFile(folder.resolve(name));
    }

    /** The tokenizer class the directory names, without the "Fast" of its other implementation; empty if it names none. */
    static String tokenizerClass(Path folder) {
        String name = TokenizerJson.optionalObject(folder, CONFIG).path("tokenizer_class").asText();
        if (name.isEmpty()) {
            name = TokenizerJson.optionalObject(folder, "config.json").path("tokenizer_class").asText();
        }
        return name.endsWith("Fast") ? name.substring(0, name.length() - 4) : name;
    }

    private static Tokenizer sentencePiece(Path file, Path folder) {
        String name = tokenizerClass(folder);
        String type = TokenizerJson.optionalObject(folder, "config.json").path("model_type").asText();
        if (NOT_BUILT.contains(name)) {
            throw new UnsupportedModelException("the tokenizer " + name + " of " + folder + " is not built from its SentencePiece "
                    + "model: save it with a tokenizer.json");
        }
        SentencePieceModel model = SentencePieceModel.read(file);
        return sentencePiece(model, layout(model, name, type, folder), folder);
    }

    private static Tokenizer sentencePiece(SentencePieceModel model, TokenLayout layout, Path folder) {
        Neighbours neighbours = Neighbours.of(folder);
        return new SentencePieceTokenizer(model, layout, neighbours.endTokens(layout.vocabulary(), layout.eos()), neighbours.lowersCase());
    }

    private static TokenLayout layout(SentencePieceModel model, String name, String type, Path folder) {
        boolean listed = has(folder, "vocab.json") && !has(folder, "merges.txt");
        ObjectNode config = TokenizerJson.optionalObject(folder, CONFIG);
        if (name.startsWith("M2M100") || name.isEmpty() && type.equals("m2m_100") && listed) {
            List<String> codes = config.path("language_codes").asText().equals("wmt21") ? LanguageCodes.WMT_21 : LanguageCodes.M2M_100;
            return TokenLayout.listed(model, listed(folder.resolve("vocab.json")),
                    codes.stream().map(code -> "__" + code + "__").toList(), Math.max(0, codes.indexOf(language(config, "en"))),
                    List.of("<s>", "</s>", "<pad>"), "vocab.json");
        }
        if (listed && (name.startsWith("Marian") || name.isEmpty())) {
            return TokenLayout.listed(model, listed(folder.resolve("vocab.json")), List.of(), 0, List.of("</s>", "<pad>"), "vocab.json");
        }
        if (name.startsWith("Nllb") || name.isEmpty() && type.equals("m2m_100")) {
            return fairseq(model, LanguageCodes.NLLB_200, language(config, "eng_Latn"), config.path("legacy_behaviour").asBoolean()
                    ? TokenLayout.Fairseq.LANGUAGE_LAST : TokenLayout.Fairseq.LANGUAGE_FIRST);
        }
        if (name.startsWith("MBart50")) {
            List<String> codes = new ArrayList<>(LanguageCodes.MBART);
            codes.addAll(LanguageCodes.MBART_50_MORE);
            return fairseq(model, codes, language(config, "en_XX"), TokenLayout.Fairseq.LANGUAGE_FIRST);
        }
        if (name.startsWith("MBart") || name.isEmpty() && type.equals("mbart")) {
            return fairseq(model, LanguageCodes.MBART, language(config, "en_XX"), TokenLayout.Fairseq.LANGUAGE_LAST);
        }
        if (name.startsWith("XLMRoberta") || name.isEmpty() && type.startsWith("xlm-roberta")) {
            return TokenLayout.fairseq(model, List.of(), 0, TokenLayout.Fairseq.ENCLOSED);
        }
        if (name.startsWith("Camembert") || name.isEmpty() && type.equals("camembert")) {
            return TokenLayout.camembert(model);
        }
        boolean t5 = name.startsWith("T5") || name.startsWith("MT5") || name.isEmpty() && (type.endsWith("t5") || type.equals("umt5"));
        return t5 ? TokenLayout.extended(model, config.path("extra_ids").asInt(100)) : TokenLayout.plain(model);
    }

    private static String language(ObjectNode config, String usual) {
        return config.hasNonNull("src_lang") ? config.path("src_lang").asText() : usual;
    }

    private static TokenLayout fairseq(SentencePieceModel model, List<String> codes, String first, TokenLayout.Fairseq order) {
        return TokenLayout.fairseq(model, codes, Math.max(0, codes.indexOf(first)), order);
    }

    static Map<String, Integer> listed(Path file) {
        Map<String, Integer> tokens = new LinkedHashMap<>();
        TokenizerJson.object(file).properties().forEach(entry -> {
            int token = entry.getValue().asInt(-1);
            if (token < 0 || token > 10_000_000) {
                throw new ModelFormatException(file + ": the token " + Quoted.of(entry.getKey())
                        + " has no number between 0 and 10000000");
            }
            tokens.put(entry.getKey(), token);
        });
        return tokens;
    }

    private static Tokenizer wordPiece(Path file, Path folder) {
        ObjectNode config = TokenizerJson.optionalObject(folder, CONFIG);
        String name = tokenizerClass(folder);
        if (name.contains("Japanese") || Set.of("BertweetTokenizer", "PhobertTokenizer", "EsmTokenizer").contains(name)) {
            throw new UnsupportedModelException("the tokenizer " + name + " of " + folder
                    + " cuts words in a way that is not built: use a model with a tokenizer.json");
        }
        JsonNode strip = config.path("strip_accents");
        return new WordPieceVocabulary(lines(file), config.path("do_lower_case").asBoolean(true),
                strip.isBoolean() ? Optional.of(strip.asBoolean()) : Optional.empty(),
                config.path("tokenize_chinese_chars").asBoolean(true), file.toString()).tokenizer(Neighbours.of(folder));
    }

    private static List<String> lines(Path file) {
        try {
            List<String> lines = List.of(Files.readString(file, StandardCharsets.UTF_8).split("\n"));
            return lines.getFirst().endsWith("\r") ? lines.stream().map(line -> line.replace("\r", "")).toList() : lines;
        } catch (IOException e) {
            throw new ModelFormatException(file + " is no UTF-8 text", e);
        }
    }

    /** GPT-2's and RoBERTa's two files as the tokenizer.json that says the same. */
    private static Tokenizer byteLevel(Path folder) {
        String name = tokenizerClass(folder);
        if (!LIKE_GPT2.contains(name)) {
            throw new UnsupportedModelException("the tokenizer " + Quoted.of(name) + " of " + folder
                    + " cuts words in a way its vocab.json and merges.txt do not tell: save it with a tokenizer.json");
        }
        ObjectNode config = TokenizerJson.optionalObject(folder, CONFIG);
        ObjectNode vocab = TokenizerJson.object(folder.resolve("vocab.json"));
        boolean spaced = config.path("add_prefix_space").asBoolean();
        boolean enclosed = !name.equals("GPT2Tokenizer") && vocab.has("<s>") && vocab.has("</s>");
        ObjectNode json = TokenizerJson.JSON.createObjectNode();
        ArrayNode added = json.putArray("added_tokens");
        ObjectNode named = TokenizerJson.JSON.createObjectNode();
        for (String[] special : new String[][] {{"bos_token", "<s>"}, {"pad_token", "<pad>"}, {"eos_token", "</s>"},
                {"unk_token", "<unk>"}, {"mask_token", "<mask>"}}) {
            String usual = enclosed || special[0].equals("pad_token") || special[0].equals("mask_token") ? special[1] : "<|endoftext|>";
            String piece = WordPieceVocabulary.name(config, special[0], usual);
            if (vocab.has(piece)) {
                added.addObject().put("id", vocab.path(piece).asInt()).put("content", piece).put("single_word", false)
                        .put("lstrip", special[0].equals("mask_token")).put("rstrip", false).put("normalized", false)
                        .put("special", true);
                named.put(special[0], piece);
            }
        }
        json.putObject("pre_tokenizer").put("type", "ByteLevel").put("add_prefix_space", spaced).put("trim_offsets", true)
                .put("use_regex", true);
        if (enclosed) {
            ObjectNode processor = json.putObject("post_processor").put("type", "RobertaProcessing");
            processor.putArray("sep").add("</s>").add(vocab.path("</s>").asInt());
            processor.putArray("cls").add("<s>").add(vocab.path("<s>").asInt());
            processor.put("trim_offsets", config.path("trim_offsets").asBoolean(true)).put("add_prefix_space", spaced);
        }
        json.putObject("decoder").put("type", "ByteLevel").put("add_prefix_space", true).put("trim_offsets", true).put("use_regex", true);
        ObjectNode model = json.putObject("model").put("type", "BPE").put("continuing_subword_prefix", "")
                .put("end_of_word_suffix", "").put("fuse_unk", false).put("byte_fallback", false);
        model.set("vocab", vocab);
        ArrayNode merges = model.putArray("merges");
        lines(folder.resolve("merges.txt")).stream().filter(line -> !line.isBlank() && !line.startsWith("#version")).forEach(merges::add);
        return JsonTokenizer.of(new TokenizerJson(json, folder.resolve("vocab.json").toString()), Neighbours.of(folder).with(named));
    }
}
