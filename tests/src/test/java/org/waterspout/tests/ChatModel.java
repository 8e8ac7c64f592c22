package org.waterspout.tests;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.waterspout.tests.GgufDraft.Value;

/** Tiny random models that chat, a folder and a GGUF file with the same tokens: control tokens, letters and a few signs. */
public final class ChatModel {

    public static final String TEMPLATE = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}{{ eos_token }}{% endfor %}"
            + "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";

    private static final List<String> CONTROL = List.of("<|endoftext|>", "<|im_start|>", "<|im_end|>");
    private static final List<String> MERGES = List.of("u s", "e r", "us er");
    private static final String PREFIX = "tokenizer.ggml.";
    private static final int FOLDER_VOCABULARY = 41;

    private ChatModel() {
    }

    private static List<String> pieces(int vocabulary) {
        List<String> pieces = new ArrayList<>(CONTROL);
        pieces.addAll(List.of("\u0120", "\u010A", "<", "|", ">", "_", ":", "."));
        for (char c = 'a'; c <= 'z'; c++) {
            pieces.add(String.valueOf(c));
        }
        MERGES.forEach(merge -> pieces.add(merge.replace(" ", "")));
        while (pieces.size() < vocabulary) {
            pieces.add("unused" + pieces.size());
        }
        return pieces;
    }

    /** The tokens of a text whose control tokens count as such. */
    public static int[] tokens(String text) {
        List<String> pieces = pieces(FOLDER_VOCABULARY);
        List<Integer> tokens = new ArrayList<>();
        String written = text.replace(' ', '\u0120').replace('\n', '\u010A');
        for (int at = 0; at < written.length();) {
            int from = at;
            // a merged piece stands after the letters it begins with
            String piece = pieces.stream().filter(p -> written.startsWith(p, from)).max((a, b) -> a.length() - b.length()).orElseThrow();
            tokens.add(pieces.indexOf(piece));
            at += piece.length();
        }
        return tokens.stream().mapToInt(Integer::intValue).toArray();
    }

    /** A model of Llama's form as Transformers saves it, with a tokenizer.json and a chat template in tokenizer_config.json. */
    public static Path folder(Path folder, String template) throws IOException {
        Path recorded = resource("/folders/llama");
        for (String name : List.of("config.json", "generation_config.json", "model.safetensors")) {
            Files.copy(recorded.resolve(name), folder.resolve(name));
        }
        ObjectMapper mapper = new ObjectMapper();
        ObjectNode json = mapper.createObjectNode();
        ArrayNode added = json.putArray("added_tokens");
        List<String> pieces = pieces(FOLDER_VOCABULARY);
        for (String control : CONTROL) {
            added.addObject().put("id", pieces.indexOf(control)).put("content", control).put("single_word", false).put("lstrip", false)
                    .put("rstrip", false).put("normalized", false).put("special", true);
        }
        json.putObject("pre_tokenizer").put("type", "ByteLevel").put("add_prefix_space", false).put("trim_offsets", true)
                .put("use_regex", true);
        json.putObject("decoder").put("type", "ByteLevel").put("add_prefix_space", true).put("trim_offsets", true).put("use_regex", true);
        ObjectNode model = json.putObject("model").put("type", "BPE");
        ObjectNode vocabulary = model.putObject("vocab");
        for (int token = 0; token < pieces.size(); token++) {
            vocabulary.put(pieces.get(token), token);
        }
        MERGES.forEach(model.putArray("merges")::add);
        mapper.writeValue(folder.resolve("tokenizer.json").toFile(), json);
        mapper.writeValue(folder.resolve("tokenizer_config.json").toFile(), mapper.createObjectNode().put("chat_template", template)
                .put("bos_token", CONTROL.getFirst()).put("eos_token", CONTROL.getLast()));
        return folder;
    }

    /** A model of Llama's form as a GGUF file. */
    public static Path gguf(Path folder, String template) throws IOException {
        return gguf(folder, template, List.of());
    }

    /** As {@link #gguf(Path, String)}, with further control tokens; where there are some, also with the digits and signs that JSON has,
     * and a longer context. */
    public static Path gguf(Path folder, String template, List<String> control) throws IOException {
        GgufDraft draft = GgufDraft.of(ByteBuffer.wrap(Files.readAllBytes(resource("/families/llama.gguf"))));
        draft.values().keySet().removeIf(key -> key.startsWith("expected"));
        List<String> pieces = pieces((int) draft.tensors().get(draft.indexOf("token_embd.weight")).dimensions()[1]);
        if (!control.isEmpty()) {
            List<String> more = new ArrayList<>(control);
            for (char c = '!'; c < 'A'; c++) {
                more.add(String.valueOf(c));
            }
            more.addAll(List.of("[", "]", "{", "}", "\\"));
            more.removeIf(pieces::contains);
            int free = pieces.indexOf("user") + 1;
            for (int i = 0; i < more.size(); i++) {
                pieces.set(free + i, more.get(i));
            }
            draft.values().put("llama.context_length", Value.of(GgufDraft.UINT32, 2048L));
        }
        List<Long> kinds = new ArrayList<>(Collections.nCopies(pieces.size(), 1L));
        for (int token = 0; token < CONTROL.size(); token++) {
            kinds.set(token, 3L);
        }
        control.forEach(name -> kinds.set(pieces.indexOf(name), 3L));
        draft.values().put(PREFIX + "model", Value.of(GgufDraft.STRING, "gpt2"));
        draft.values().put(PREFIX + "pre", Value.of(GgufDraft.STRING, "gpt-2"));
        draft.values().put(PREFIX + "tokens", Value.list(GgufDraft.STRING, pieces));
        draft.values().put(PREFIX + "token_type", Value.list(GgufDraft.INT32, kinds));
        draft.values().put(PREFIX + "merges", Value.list(GgufDraft.STRING, MERGES));
        draft.values().put(PREFIX + "bos_token_id", Value.of(GgufDraft.UINT32, 0L));
        draft.values().put(PREFIX + "eos_token_id", Value.of(GgufDraft.UINT32, 2L));
        draft.values().put("tokenizer.chat_template", Value.of(GgufDraft.STRING, template));
        Path path = folder.resolve("model.gguf");
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            ByteBuffer bytes = draft.file();
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        }
        return path;
    }

    private static Path resource(String name) {
        try {
            return Path.of(ChatModel.class.getResource(name).toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
