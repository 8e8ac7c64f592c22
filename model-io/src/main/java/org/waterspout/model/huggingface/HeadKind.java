package org.waterspout.model.huggingface;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.waterspout.model.Tensor;

/** What stands on top of an encoder, by the end of the name of its class in "architectures". */
enum HeadKind {
    /** Nothing, or the head of its pre-training. */
    NONE,
    SEQUENCE,
    TOKENS,
    SPAN;

    private static final Map<String, HeadKind> ENDINGS = Map.of("ForSequenceClassification", SEQUENCE, "ForTokenClassification", TOKENS,
            "ForQuestionAnswering", SPAN, "ForImageClassification", SEQUENCE, "ForImageClassificationWithTeacher", SEQUENCE);

    static HeadKind of(Config config) {
        String name = config.list("architectures").path(0).asText();
        return ENDINGS.entrySet().stream().filter(entry -> name.endsWith(entry.getKey())).map(Map.Entry::getValue).findFirst()
                .orElse(NONE);
    }

    /**
     * The keys of the head.
     *
     * @param tensors of the model, under their canonical names
     */
    void read(Config config, Keys keys, String family, Map<String, Tensor> tensors) {
        if (tensors.containsKey("cls.weight")) {
            activation(config, keys, family);
        }
        if (this == NONE || !tensors.containsKey("cls.output.weight")) {
            return;
        }
        int outputs = tensors.get("cls.output.weight").rows();
        keys.put(".classifier.task", switch (this) {
            case TOKENS -> "tokens";
            case SPAN -> "span";
            case SEQUENCE, NONE -> problem(config);
        });
        List<String> labels = labels(config);
        if (this != SPAN && labels.size() == outputs) {
            keys.put(".classifier.output_labels", labels);
        }
        boolean mean = config.text("classifier_pooling").orElse("cls").equals("mean");
        keys.put(".classifier.pooling_type", mean ? 1L : 2L);
    }

    private static String problem(Config config) {
        // one label without a type is a sigmoid, as in Transformers' pipeline
        String type = config.text("problem_type").orElse("single_label_classification");
        return switch (type) {
            case "regression" -> "regression";
            case "multi_label_classification" -> "multi_label";
            case "single_label_classification" -> "sequence";
            default -> throw config.wrong("problem_type", "no kind of classification that is built");
        };
    }

    /** Of the dense layer before the last, which each family has its own of. */
    private static void activation(Config config, Keys keys, String family) {
        switch (family) {
            case "distilbert" -> keys.put(".classifier.activation", "relu");
            case "modern-bert" -> keys.activation(config, ".classifier.activation", "gelu", "classifier_activation");
            case "vit" -> keys.activation(config, ".classifier.activation", "tanh", "pooler_act");
            default -> keys.put(".classifier.activation", "tanh");
        }
    }

    private static List<String> labels(Config config) {
        TreeMap<Integer, String> byNumber = new TreeMap<>();
        for (Map.Entry<String, JsonNode> label : config.object("id2label").json().properties()) {
            if (!label.getKey().matches("[0-9]{1,7}") || !label.getValue().isTextual()) {
                throw config.wrong("id2label", "not names by number");
            }
            byNumber.put(Integer.valueOf(label.getKey()), label.getValue().textValue());
        }
        boolean gap = !byNumber.isEmpty() && (byNumber.firstKey() != 0 || byNumber.lastKey() != byNumber.size() - 1);
        if (gap) {
            throw config.wrong("id2label", "in which a number is missing");
        }
        return new ArrayList<>(byNumber.values());
    }
}
