package org.waterspout.model.text;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import org.waterspout.error.ModelFormatException;
import org.waterspout.error.Quoted;
import org.waterspout.error.UnsupportedModelException;
import org.waterspout.model.text.SequenceTemplate.Part;
import org.waterspout.model.text.json.TokenizerJson;

/** The special tokens around texts, as the post-processor of a tokenizer.json puts them. */
final class TemplateReader {

    private TemplateReader() { }

    /** The template of {@code json}; where nothing is added, two texts stand side by side. */
    static SequenceTemplate of(TokenizerJson json, int vocabularySize) {
        List<SequenceTemplate> found = new ArrayList<>();
        read(json.json().path("post_processor"), json.source(), found);
        if (found.size() > 1) {
            throw new UnsupportedModelException("the post-processor of " + json.source()
                    + " adds special tokens more than once, which is not built: use a tokenizer with one template");
        }
        for (SequenceTemplate template : found) {
            requireKnown(template.single(), json.source(), vocabularySize);
            requireKnown(template.pair(), json.source(), vocabularySize);
        }
        return found.isEmpty()
                ? new SequenceTemplate(List.of(new Part.Text(0, 0)), List.of(new Part.Text(0, 0), new Part.Text(1, 1)))
                : found.getFirst();
    }

    private static void requireKnown(List<Part> parts, String source, int vocabularySize) {
        for (Part part : parts) {
            if (part instanceof Part.Special(int token, int type) && (token >= vocabularySize || token < 0 || type < 0)) {
                throw new ModelFormatException("the post-processor of " + source + " adds token " + token + " of type " + type
                        + ", but the vocabulary has " + vocabularySize + " tokens");
            }
        }
    }

    private static void read(JsonNode processor, String source, List<SequenceTemplate> found) {
        if (processor.isMissingNode() || processor.isNull()) {
            return;
        }
        String type = processor.path("type").asText();
        switch (type) {
            case "ByteLevel" -> { } // only moves places: see JsonEncoder
            case "Sequence" -> processor.path("processors").forEach(part -> read(part, source, found));
            case "BertProcessing" -> found.add(bert(token(processor.path("cls"), source), token(processor.path("sep"), source)));
            case "RobertaProcessing" ->
                    found.add(roberta(token(processor.path("cls"), source), token(processor.path("sep"), source)));
            case "TemplateProcessing" -> found.add(new SequenceTemplate(parts(processor, "single", source),
                    parts(processor, "pair", source)));
            default -> throw new UnsupportedModelException("post-processor " + Quoted.of(type) + " of " + source
                    + " is not built: use a tokenizer with a TemplateProcessing, BertProcessing or RobertaProcessing");
        }
    }

    /** BERT's {@code [CLS] A [SEP]} and {@code [CLS] A [SEP] B [SEP]}, the second text of type 1. */
    static SequenceTemplate bert(int cls, int sep) {
        return new SequenceTemplate(List.of(new Part.Special(cls, 0), new Part.Text(0, 0), new Part.Special(sep, 0)),
                List.of(new Part.Special(cls, 0), new Part.Text(0, 0), new Part.Special(sep, 0), new Part.Text(1, 1),
                        new Part.Special(sep, 1)));
    }

    /** RoBERTa's {@code <s> A </s>} and {@code <s> A </s></s> B </s>}, everything of type 0. */
    static SequenceTemplate roberta(int cls, int sep) {
        return new SequenceTemplate(List.of(new Part.Special(cls, 0), new Part.Text(0, 0), new Part.Special(sep, 0)),
                List.of(new Part.Special(cls, 0), new Part.Text(0, 0), new Part.Special(sep, 0), new Part.Special(sep, 0),
                        new Part.Text(1, 0), new Part.Special(sep, 0)));
    }

    private static int token(JsonNode nameAndNumber, String source) {
        int token = nameAndNumber.path(1).asInt(-1);
        if (token < 0) {
            throw new ModelFormatException("the post-processor of " + source + " names a special token without its number");
        }
        return token;
    }

    private static List<Part> parts(JsonNode processor, String name, String source) {
        List<Part> parts = new ArrayList<>();
        for (JsonNode element : processor.path(name)) {
            JsonNode text = element.path("Sequence");
            if (text.isObject()) {
                parts.add(new Part.Text(text.path("id").asText().equals("B") ? 1 : 0, text.path("type_id").asInt()));
                continue;
            }
            JsonNode special = element.path("SpecialToken");
            JsonNode tokens = processor.path("special_tokens").path(special.path("id").asText()).path("ids");
            if (tokens.isEmpty()) {
                throw new ModelFormatException("the post-processor of " + source + " has no number for "
                        + Quoted.of(special.path("id").asText()));
            }
            tokens.forEach(token -> parts.add(new Part.Special(token.asInt(), special.path("type_id").asInt())));
        }
        return parts;
    }
}
