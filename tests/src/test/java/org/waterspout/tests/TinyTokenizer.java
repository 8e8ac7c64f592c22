package org.waterspout.tests;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.waterspout.tests.GgufDraft.DraftTensor;
import org.waterspout.tests.GgufDraft.Value;

/** Puts a tokenizer into a tiny model that has none. */
final class TinyTokenizer {

    private static final String PREFIX = "tokenizer.ggml.";
    private static final String TEMPLATE = "{% for message in messages %}{{ message['role'] + ': ' + message['content'] }}{% endfor %}";
    private static final long NORMAL = 1;
    private static final long CONTROL = 3;
    private static final long BYTE = 6;

    private TinyTokenizer() {
    }

    /** As many tokens as the model has: printable characters, a few joined ones, an end token and unused ones. */
    static void byteLevel(GgufDraft draft) {
        int vocabulary = (int) draft.tensors().get(draft.indexOf("token_embd.weight")).dimensions()[1];
        List<String> pieces = new ArrayList<>(List.of("<|endoftext|>"));
        for (char c = '!'; c <= '~'; c++) {
            pieces.add(String.valueOf(c));
        }
        pieces.addAll(List.of("\u0120", "it", "\u0120i", "\u0120is"));
        while (pieces.size() < vocabulary) {
            pieces.add("unused" + pieces.size());
        }
        List<Long> kinds = new ArrayList<>(Collections.nCopies(pieces.size(), NORMAL));
        kinds.set(0, CONTROL);
        draft.values().put(PREFIX + "model", Value.of(GgufDraft.STRING, "gpt2"));
        draft.values().put(PREFIX + "pre", Value.of(GgufDraft.STRING, "gpt-2"));
        draft.values().put(PREFIX + "tokens", Value.list(GgufDraft.STRING, pieces));
        draft.values().put(PREFIX + "token_type", Value.list(GgufDraft.INT32, kinds));
        draft.values().put(PREFIX + "merges", Value.list(GgufDraft.STRING, List.of("i t", "\u0120 i", "\u0120i s")));
        draft.values().put(PREFIX + "bos_token_id", Value.of(GgufDraft.UINT32, 0L));
        draft.values().put(PREFIX + "eos_token_id", Value.of(GgufDraft.UINT32, 0L));
        draft.values().put(PREFIX + "add_bos_token", Value.of(GgufDraft.BOOL, 1L));
    }

    /** Three control tokens, the bytes and a few words; the model's tables become as long, of random numbers. */
    static void sentencePiece(GgufDraft draft, Random random) {
        List<String> pieces = new ArrayList<>(List.of("<unk>", "<s>", "</s>"));
        List<Long> kinds = new ArrayList<>(List.of(2L, CONTROL, CONTROL));
        for (int b = 0; b < 256; b++) {
            pieces.add("<0x%02X>".formatted(b));
            kinds.add(BYTE);
        }
        for (String piece : List.of("\u2581", "i", "t", "s", "\u2581i", "\u2581it", "\u2581is", "is")) {
            pieces.add(piece);
            kinds.add(NORMAL);
        }
        List<Long> scores = new ArrayList<>();
        for (int token = 0; token < pieces.size(); token++) {
            scores.add((long) Float.floatToRawIntBits(-token));
        }
        draft.values().put(PREFIX + "model", Value.of(GgufDraft.STRING, "llama"));
        draft.values().put(PREFIX + "tokens", Value.list(GgufDraft.STRING, pieces));
        draft.values().put(PREFIX + "scores", Value.list(GgufDraft.FLOAT32, scores));
        draft.values().put(PREFIX + "token_type", Value.list(GgufDraft.INT32, kinds));
        draft.values().put(PREFIX + "bos_token_id", Value.of(GgufDraft.UINT32, 1L));
        draft.values().put(PREFIX + "eos_token_id", Value.of(GgufDraft.UINT32, 2L));
        draft.values().put("tokenizer.chat_template", Value.of(GgufDraft.STRING, TEMPLATE));
        for (String table : List.of("token_embd.weight", "output.weight")) {
            draft.tensors().replaceAll(tensor -> tensor.name().equals(table) ? table(tensor, pieces.size(), random) : tensor);
        }
    }

    /** An F32 table [rows, columns of the old one]. */
    private static DraftTensor table(DraftTensor old, int rows, Random random) {
        long columns = old.dimensions()[0];
        ByteBuffer data = ByteBuffer.allocate((int) (rows * columns * Float.BYTES)).order(ByteOrder.LITTLE_ENDIAN);
        while (data.hasRemaining()) {
            data.putFloat((float) random.nextGaussian());
        }
        return old.holding(data.flip()).shaped(columns, rows).typed(0);
    }
}
