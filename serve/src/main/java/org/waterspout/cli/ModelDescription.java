package org.waterspout.cli;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.waterspout.model.architecture.Architecture;
import org.waterspout.model.architecture.Architecture.Attention;
import org.waterspout.model.architecture.Architecture.Layer;
import org.waterspout.model.architecture.Architecture.Stack;

/** An architecture as what {@code inspect} shows of it, by key. */
final class ModelDescription {

    private ModelDescription() {
    }

    static Map<String, Object> of(Architecture architecture) {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("family", architecture.family());
        object.put("kind", architecture.decoder().isEmpty() ? "encoder" : architecture.encoder().isEmpty() ? "decoder" : "encoder-decoder");
        object.put("tasks", tasks(architecture));
        Stack stack = architecture.main();
        object.put("layers", stack.layers().size());
        if (architecture.decoder().isPresent()) {
            architecture.encoder().ifPresent(encoder -> object.put("encoder_layers", encoder.layers().size()));
        }
        object.put("hidden_size", architecture.hiddenSize());
        object.put("vocabulary", architecture.vocabulary());
        object.put("context_length", architecture.contextLength());
        object.putAll(layers(stack));
        architecture.output().ifPresent(output -> {
            object.put("tied_output", output.tied());
            object.put("logit_soft_cap", output.softCap());
        });
        architecture.pooling().ifPresent(pooling -> object.put("pooling", pooling));
        architecture.head().filter(head -> !head.labels().isEmpty()).ifPresent(head -> {
            object.put("head", head.task());
            object.put("labels", head.labels());
        });
        return object;
    }

    /** The commands that this model is for. */
    private static List<String> tasks(Architecture architecture) {
        if (architecture.decoder().isPresent()) {
            return architecture.encoder().isPresent() ? List.of("translate") : List.of("run", "chat");
        }
        return architecture.head().filter(head -> !head.labels().isEmpty()).map(head -> switch (head.task()) {
            case SEQUENCE -> List.of(head.labels().size() == 1 ? "rerank" : "classify");
            case MULTI_LABEL, REGRESSION, TOKENS -> List.of("classify");
            case SPAN -> List.of("answer");
        }).orElse(List.of("embed"));
    }

    private static Map<String, Object> layers(Stack stack) {
        Map<String, Object> object = new LinkedHashMap<>();
        Layer first = stack.layers().getFirst();
        Optional<Attention> some = attentions(stack).findFirst().or(first::cross);
        some.ifPresent(attention -> {
            object.put("heads", attention.heads());
            object.put("kv_heads", attention.kvHeads());
            object.put("head_dimension", attention.headDimension());
        });
        object.put("intermediate_size", first.feedForward().intermediateSize());
        object.put("ffn_activation", first.feedForward().activation() + (first.feedForward().gated() ? ", gated" : ""));
        Set<Integer> windows = attentions(stack).map(Attention::window).collect(Collectors.toCollection(LinkedHashSet::new));
        object.put("mixer", windows.isEmpty() ? "recurrent unit" : "attention");
        object.put("attention_windows", windows);
        object.put("attention_soft_cap", some.map(Attention::softCap).orElse(0f));
        object.put("head_norms", some.flatMap(Attention::headNorm).isPresent());
        object.put("positions", positions(stack, some));
        object.put("norm", norms(stack).findFirst().map(norm -> norm.kind() + ", epsilon " + norm.epsilon()).orElse("none"));
        return object;
    }

    private static Stream<Attention> attentions(Stack stack) {
        return stack.layers().stream().map(Layer::mixer).filter(Attention.class::isInstance).map(Attention.class::cast);
    }

    private static String positions(Stack stack, Optional<Attention> attention) {
        List<String> all = Stream.of(
                switch (stack.input().positions()) {
                    case Architecture.Unplaced() -> null;
                    case Architecture.Learned learned -> "learned " + learned.count();
                    case Architecture.Sinusoidal sinusoidal -> sinusoidal.toString();
                },
                attention.flatMap(Attention::rotary).map(Object::toString).orElse(null),
                attention.flatMap(Attention::relative).map(Object::toString).orElse(null)).filter(Objects::nonNull).toList();
        return all.isEmpty() ? "none" : String.join(", ", all);
    }

    private static Stream<Architecture.Norm> norms(Stack stack) {
        Architecture.Placement placement = stack.layers().getLast().norms().feedForward();
        return Stream.of(stack.norm(), placement.before(), placement.sum(), placement.after()).flatMap(Optional::stream);
    }
}
