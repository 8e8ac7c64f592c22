package org.waterspout.model.onnx;

import static org.waterspout.model.onnx.OnnxGraph.input;

import ai.onnx.proto.OnnxMl.NodeProto;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.waterspout.error.Quoted;
import org.waterspout.error.UnsupportedModelException;
import org.waterspout.model.Tensor;
import org.waterspout.model.Transposed;
import org.waterspout.model.onnx.Patterns.Linear;
import org.waterspout.model.onnx.Patterns.Norm;
import org.waterspout.model.onnx.Patterns.Scaled;

/**
 * Finds the weights of an encoder of BERT's form: a norm after the sum of embeddings, then in each layer attention and feed-forward, each
 * with a residual sum and a norm. Names in the file mean nothing; what a weight is follows from what is done with it.
 */
final class EncoderFinder {

    private static final Pattern QUANTIZED = Pattern.compile(
            "([a-z.]+[.])?(MatMulInteger.*|ConvInteger|Dynamic(Quantize|Q).*|Q(Linear|Ordered|uantize).*|DequantizeLinear|Q(Attention|"
            + "Gemm|MoE|Embed.*)|MatMul(NBits|Bnb4|FpQ4)|GatherBlockQuantized)");
    private static final double SQRT2 = Math.sqrt(2);

    private final OnnxGraph graph;
    private final Patterns patterns;
    private final Arena arena;
    private final Map<String, Tensor> tensors = new LinkedHashMap<>();
    private final List<Norm> norms = new ArrayList<>();
    private final Set<String> normed = new HashSet<>();

    private int heads;
    private double scale;
    private String activation = "";
    private HeadFinder head;

    EncoderFinder(OnnxGraph graph, Arena arena) {
        this.graph = graph;
        this.patterns = new Patterns(graph);
        this.arena = arena;
    }

    /** Finds everything, or refuses the file with a line that says where it is no such encoder. */
    void find() {
        for (NodeProto node : graph.nodes()) {
            patterns.norm(node).ifPresent(norm -> {
                norms.add(norm);
                normed.add(norm.output());
            });
        }
        graph.nodes().forEach(this::check);
        if (norms.size() < 3 || norms.size() % 2 == 0) {
            throw refused("it has " + norms.size() + " layer norms, where BERT's form has one and two in each layer");
        }
        embeddings(norms.getFirst());
        head = new HeadFinder(graph, patterns, norms.getLast().output());
        for (int layer = 0; 2 * layer + 2 < norms.size(); layer++) {
            String input = norms.get(2 * layer).output();
            attention("blk." + layer + ".", input, norms.get(2 * layer + 1));
            feedForward("blk." + layer + ".", norms.get(2 * layer + 1).output(), norms.get(2 * layer + 2));
        }
        head.find();
        head.dense().ifPresent(dense -> putLinear("cls", dense));
        head.output().ifPresent(output -> putLinear("cls.output", output));
    }

    private void check(NodeProto node) {
        String kind = node.getOpType();
        if (QUANTIZED.matcher(kind).matches()) {
            throw new UnsupportedModelException(graph.path() + " is quantized (it has the operation " + Quoted.of(kind)
                    + "); use the export of the model that is not");
        }
        if (kind.contains(".") && !kind.equals(Unfused.ATTENTION) && !kind.equals(Unfused.SPLIT_ATTENTION)) {
            throw refused("it has the operation " + Quoted.of(kind) + ", which is not ONNX's own");
        }
    }

    Map<String, Tensor> tensors() {
        return tensors;
    }

    int layers() {
        return norms.size() / 2;
    }

    int heads() {
        return heads;
    }

    /** Of scores; NaN where the graph computes it from shapes, which is 1/sqrt(width of a head). */
    double scale() {
        return scale;
    }

    double epsilon() {
        return norms.getFirst().epsilon();
    }

    String activation() {
        return activation;
    }

    /** What stands behind the encoder. */
    HeadFinder head() {
        return head;
    }

    private record Lookup(String table, String indices) {
    }

    /** Rows of tables, added up: those looked up by the longest table from an input are the tokens. */
    private void embeddings(Norm norm) {
        List<Lookup> lookups = new ArrayList<>();
        for (String term : patterns.terms(norm.input(), normed)) {
            Optional<NodeProto> gather = graph.maker(patterns.unshaped(term), "Gather").filter(node -> graph.isWeight(input(node, 0)));
            lookups.add(gather.map(node -> new Lookup(input(node, 0), patterns.unshaped(input(node, 1))))
                    .orElseThrow(() -> refused("something other than rows of tables is added up to its embeddings")));
        }
        lookups.sort(Comparator.comparingLong((Lookup lookup) -> graph.shape(lookup.table).getFirst()).reversed());
        List<Lookup> given = lookups.stream().filter(lookup -> graph.isInput(lookup.indices)).toList();
        List<Lookup> made = lookups.stream().filter(lookup -> !graph.isInput(lookup.indices)).toList();
        if (given.isEmpty() || given.size() > 2 || made.isEmpty() || made.size() > 2 || lookups.size() > 3) {
            throw refused("its embeddings are not those of tokens, positions and perhaps types");
        }
        put("token_embd.weight", graph.weight(given.getFirst().table, "token_embd.weight"));
        put("position_embd.weight", positions(made.getFirst()));
        Optional<Lookup> types = given.size() == 2 ? Optional.of(given.get(1)) : made.size() == 2 ? Optional.of(made.get(1))
                : Optional.empty();
        types.ifPresent(lookup -> put("token_types.weight", graph.weight(lookup.table, "token_types.weight")));
        putNorm("token_embd_norm", norm);
    }

    /** Positions that are counted from the tokens (RoBERTa) begin behind the padding token's number, which is added to the count. */
    private Tensor positions(Lookup lookup) {
        Tensor table = graph.weight(lookup.table, "position_embd.weight");
        if (!graph.kindsBefore(lookup.indices, Set.of()).contains("CumSum")) {
            return table;
        }
        double padding = patterns.terms(lookup.indices, Set.of()).stream().map(graph::scalar).filter(number -> number.isPresent())
                .mapToDouble(number -> number.getAsDouble()).sum();
        int unused = (int) padding + 1;
        if (unused != padding + 1 || unused < 1 || table.shape().size() != 2 || unused >= table.rows()) {
            throw refused("its positions are counted from " + padding);
        }
        Tensor used = table.rows(unused, table.rows());
        return new Tensor(table.name(), used.type(), used.shape(), used.data());
    }

    /** norm(input + linear(context)); context = softmax(scale q k + mask) v. */
    private void attention(String block, String input, Norm norm) {
        Linear output = residual(norm, input, block + "attn_output");
        Optional<NodeProto> joined = graph.maker(patterns.unshaped(output.input()), Unfused.ATTENTION, Unfused.SPLIT_ATTENTION);
        if (joined.isPresent()) {
            JoinedAttention parts = JoinedAttention.of(graph, patterns, joined.get(), input, arena);
            parts.tensors().forEach((name, tensor) -> put(block + name, tensor));
            putLinear(block + "attn_output", output);
            putNorm(block + "attn_output_norm", norm);
            scores(parts.heads(), parts.scale());
            return;
        }
        Optional<NodeProto> weighted = graph.maker(patterns.unshaped(output.input()), "MatMul");
        Optional<NodeProto> softmax = weighted.flatMap(node -> graph.maker(patterns.unshaped(input(node, 0)), "Softmax"));
        if (softmax.isEmpty()) {
            throw refused("the first half of a layer is no attention");
        }
        NodeProto scores = scores(input(softmax.get(), 0));
        String v = patterns.unshaped(input(weighted.get(), 1));
        Scaled q = patterns.unscaled(input(scores, 0));
        Scaled k = patterns.unscaled(input(scores, 1));
        double factor = scale * q.factor() * k.factor();
        String queryShape = reshape(input(scores, 0));
        putLinear(block + "attn_q", projection(q.value(), input));
        putLinear(block + "attn_k", projection(k.value(), input));
        putLinear(block + "attn_v", projection(v, input));
        putLinear(block + "attn_output", output);
        putNorm(block + "attn_output_norm", norm);
        scores(headCount(queryShape, tensors.get(block + "attn_q.weight").rows()), factor);
    }

    private void scores(int found, double factor) {
        if (heads != 0 && heads != found) {
            throw refused("its layers have " + heads + " and " + found + " heads");
        }
        heads = found;
        scale = factor;
    }

    /** The product of queries and keys among what is added up and scaled to scores; all else must be the mask. */
    private NodeProto scores(String value) {
        NodeProto product = null;
        for (String term : patterns.terms(value, normed)) {
            Scaled plain = patterns.unscaled(term);
            Optional<NodeProto> matrix = graph.maker(plain.value(), "MatMul");
            if (matrix.isPresent() && product == null) {
                product = matrix.get();
                scale = plain.factor();
            } else if (matrix.isPresent() || graph.kindsBefore(term, normed).contains("MatMul")
                    || graph.before(term, normed).stream().anyMatch(graph::isWeight)) {
                throw refused("something that is no mask is added to the scores of its attention");
            }
        }
        if (product == null) {
            throw refused("the scores of its attention are no product");
        }
        return product;
    }

    private Linear projection(String value, String input) {
        return patterns.linear(value).filter(linear -> patterns.unshaped(linear.input()).equals(patterns.unshaped(input)))
                .orElseThrow(() -> refused("queries, keys and values are not three products of a layer's input"));
    }

    /** What the last change of shape before a value makes it. */
    private String reshape(String value) {
        String at = value;
        while (true) {
            Optional<NodeProto> node = graph.maker(at);
            if (node.isEmpty() || node.get().getOpType().equals("MatMul") || node.get().getOpType().equals("Add")) {
                throw refused("its queries are not split into heads");
            }
            if (node.get().getOpType().equals("Reshape")) {
                return input(node.get(), 1);
            }
            at = input(node.get(), 0);
        }
    }

    /** The shape is [batch, length, heads, width of a head]; either of the last two may be left to be computed. */
    private int headCount(String shape, int width) {
        List<Optional<Long>> sizes = new ArrayList<>();
        graph.integers(shape).ifPresent(list -> list.forEach(size -> sizes.add(Optional.of(size))));
        graph.maker(shape, "Concat").ifPresent(node -> node.getInputList().forEach(part -> graph.integers(part)
                .ifPresentOrElse(list -> list.forEach(size -> sizes.add(Optional.of(size))), () -> sizes.add(Optional.empty()))));
        if (sizes.size() == 4) {
            long count = sizes.get(2).orElse(-1L);
            long headDimension = sizes.get(3).orElse(-1L);
            long found = count > 0 ? count : headDimension > 0 ? width / headDimension : 0;
            if (found > 0 && width % found == 0 && (headDimension <= 0 || found * headDimension == width)) {
                return (int) found;
            }
        }
        throw refused("the number of its heads does not follow from the shape of its queries");
    }

    private void feedForward(String block, String input, Norm norm) {
        Linear down = residual(norm, input, block + "ffn_down");
        Set<String> kinds = new HashSet<>();
        List<Double> numbers = new ArrayList<>();
        Linear up = beforeActivation(down.input(), input, kinds, numbers);
        putLinear(block + "ffn_up", up);
        putLinear(block + "ffn_down", down);
        putNorm(block + "layer_output_norm", norm);
        String found = name(kinds, numbers);
        if (!activation.isEmpty() && !activation.equals(found)) {
            throw refused("its layers have the activations " + activation + " and " + found);
        }
        activation = found;
    }

    /** Back through whatever is done number by number to the one product that it is done to. */
    private Linear beforeActivation(String value, String input, Set<String> kinds, List<Double> numbers) {
        Set<String> seen = new HashSet<>();
        Set<Linear> found = new HashSet<>();
        List<String> open = new ArrayList<>(List.of(value));
        while (!open.isEmpty()) {
            String next = open.removeLast();
            if (next.isEmpty() || !seen.add(next)) {
                continue;
            }
            Optional<Linear> linear = patterns.linear(next);
            if (linear.isPresent()) {
                found.add(linear.get());
            } else if (graph.isConstant(next)) {
                numbers.add(graph.scalar(next).orElse(Double.NaN));
            } else {
                NodeProto node = graph.maker(next).orElseThrow(() -> refused("an input flows into its feed-forward"));
                kinds.add(node.getOpType());
                if (node.getOpType().equals("Gelu")) {
                    kinds.add(OnnxGraph.attribute(node, "approximate").map(kind -> kind.getS().toStringUtf8()).orElse("none"));
                }
                open.addAll(node.getInputList());
            }
        }
        Linear only = found.size() == 1 ? found.iterator().next() : null;
        if (only == null || !patterns.unshaped(only.input()).equals(input)) {
            throw refused("the second half of a layer is no feed-forward of two products");
        }
        return only;
    }

    /** x Phi(x) is 0.5 x (1 + erf(x / sqrt 2)); its other form has tanh(sqrt(2/pi) (x + 0.044715 x^3)). */
    private String name(Set<String> kinds, List<Double> numbers) {
        kinds.removeAll(Set.of("Cast", "Identity", "Dropout", "Reshape"));
        if (kinds.equals(Set.of("Relu"))) {
            return "relu";
        }
        if (kinds.contains("Gelu")) {
            return kinds.contains("tanh") ? "gelu_tanh" : "gelu";
        }
        if (kinds.equals(Set.of("Erf", "Div", "Mul", "Add")) && all(numbers, SQRT2, 1, 0.5)
                || kinds.equals(Set.of("Erf", "Mul", "Add")) && all(numbers, 1 / SQRT2, 1, 0.5)) {
            return "gelu";
        }
        if (kinds.contains("Tanh") && Set.of("Tanh", "Mul", "Add", "Pow").containsAll(kinds)
                && all(numbers.stream().filter(number -> number != 3).toList(), Math.sqrt(2 / Math.PI), 0.044715, 1, 0.5)) {
            return "gelu_tanh";
        }
        throw refused("its activation, made of " + kinds + ", is none that is known");
    }

    private static boolean all(List<Double> numbers, double... wanted) {
        List<Double> rest = new ArrayList<>(numbers);
        for (double number : wanted) {
            if (!rest.removeIf(candidate -> Math.abs(candidate - number) < 1e-3)) {
                return false;
            }
        }
        return rest.isEmpty();
    }

    /** The product, and its bias, that are added to {@code input} before a norm. */
    private Linear residual(Norm norm, String input, String what) {
        List<String> terms = patterns.terms(norm.input(), normed);
        List<Linear> products = terms.stream().map(patterns::unshaped).map(patterns::product).flatMap(Optional::stream).toList();
        List<String> biases = new ArrayList<>(terms.stream().filter(graph::isWeight).toList());
        boolean residual = terms.stream().anyMatch(term -> patterns.unshaped(term).equals(input));
        if (products.size() != 1 || biases.size() > 1 || !residual || terms.size() != 2 + biases.size()) {
            throw refused("what is before a norm is not the layer's input and a product (" + what + ")");
        }
        Linear product = products.getFirst();
        return new Linear(product.input(), product.matrix(), product.transposed(),
                product.bias().or(() -> biases.stream().findFirst()));
    }

    private void putLinear(String name, Linear linear) {
        Tensor matrix = graph.matrix(linear.matrix(), name + ".weight");
        put(name + ".weight", linear.transposed() ? matrix : Transposed.of(matrix, arena));
        linear.bias().ifPresent(bias -> put(name + ".bias", graph.weight(bias, name + ".bias")));
    }

    private void putNorm(String name, Norm norm) {
        put(name + ".weight", graph.weight(norm.gain(), name + ".weight"));
        put(name + ".bias", graph.weight(norm.bias(), name + ".bias"));
    }

    private void put(String name, Tensor tensor) {
        tensors.put(name, tensor);
    }

    private UnsupportedModelException refused(String reason) {
        return graph.refused(reason);
    }
}
