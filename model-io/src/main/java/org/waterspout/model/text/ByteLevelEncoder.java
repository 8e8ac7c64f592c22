package org.waterspout.model.text;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import org.waterspout.error.ModelFormatException;
import org.waterspout.error.Quoted;

/** Byte-level BPE: writes the tokenizer.json that says the same as the GGUF keys, and gives it to the library. */
final class ByteLevelEncoder implements FragmentEncoder {

    private final NativeTokenizer library;

    /** @param merges pairs of pieces, a space between them, best first */
    ByteLevelEncoder(Vocabulary vocabulary, List<String> merges, PreTokenizer preTokenizer) {
        library = new NativeTokenizer(json(vocabulary, merges, preTokenizer), "the model file");
    }

    @Override
    public void encode(String text, TokenList out) {
        library.encode(text, out);
    }

    @Override
    public void close() {
        library.close();
    }

    private static byte[] json(Vocabulary vocabulary, List<String> merges, PreTokenizer preTokenizer) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(64 * vocabulary.size());
        try (JsonGenerator json = new JsonFactory().createGenerator(bytes)) {
            json.writeStartObject();
            json.writeStringField("version", "1.0");
            json.writeArrayFieldStart("added_tokens");
            json.writeEndArray();
            json.writeNullField("normalizer");
            writePreTokenizer(json, preTokenizer);
            json.writeNullField("post_processor");
            json.writeNullField("decoder");
            json.writeObjectFieldStart("model");
            json.writeStringField("type", "BPE");
            json.writeBooleanField("ignore_merges", preTokenizer.ignoreMerges());
            json.writeObjectFieldStart("vocab");
            for (int token = 0; token < vocabulary.size(); token++) {
                switch (vocabulary.kinds().get(token)) {
                    case NORMAL, UNDEFINED, UNUSED, BYTE -> json.writeNumberField(vocabulary.pieces().get(token), token);
                    // found by name before this, and never the result of a merge
                    case CONTROL, UNKNOWN, USER_DEFINED -> { }
                }
            }
            json.writeEndObject();
            json.writeArrayFieldStart("merges");
            for (String merge : merges) {
                int space = merge.indexOf(' ', 1);
                if (space < 0 || merge.indexOf(' ', space + 1) >= 0) {
                    throw new ModelFormatException("tokenizer.ggml.merges: " + Quoted.of(merge) + " is no pair of pieces");
                }
                json.writeString(merge);
            }
            json.writeEndArray();
            json.writeEndObject();
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e); // memory does not fail to be written
        }
        return bytes.toByteArray();
    }

    private static void writePreTokenizer(JsonGenerator json, PreTokenizer preTokenizer) throws IOException {
        json.writeObjectFieldStart("pre_tokenizer");
        json.writeStringField("type", "Sequence");
        json.writeArrayFieldStart("pretokenizers");
        for (String expression : preTokenizer.expressions()) {
            json.writeStartObject();
            json.writeStringField("type", "Split");
            json.writeObjectFieldStart("pattern");
            json.writeStringField("Regex", expression);
            json.writeEndObject();
            json.writeStringField("behavior", "Isolated");
            json.writeBooleanField("invert", false);
            json.writeEndObject();
        }
        json.writeStartObject();
        json.writeStringField("type", "ByteLevel");
        json.writeBooleanField("add_prefix_space", false);
        json.writeBooleanField("trim_offsets", true);
        json.writeBooleanField("use_regex", false);
        json.writeEndObject();
        json.writeEndArray();
        json.writeEndObject();
    }
}
