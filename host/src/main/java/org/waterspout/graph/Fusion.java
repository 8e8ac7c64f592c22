package org.waterspout.graph;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.waterspout.graph.Op.Activate;
import org.waterspout.graph.Op.Add;
import org.waterspout.graph.Op.Fused;
import org.waterspout.graph.Op.MatMul;
import org.waterspout.graph.Op.Multiply;
import org.waterspout.graph.Op.Norm;
import org.waterspout.graph.Op.Recurrence;

/**
 * Rewrites a graph so that groups of operations that a backend runs as one become {@link Fused}. The result computes the same
 * outputs; values inside a group are no longer written. Groups never cross the boundary of a layer, and layers of one form
 * stay of one form.
 */
public final class Fusion {

    /** Larger groups first, so that a norm goes with the feed-forward's first half before it goes with its products alone. */
    private static final List<FusionKind> ORDER = List.of(FusionKind.NORM_GATED, FusionKind.GATED, FusionKind.NORM_MATMULS,
            FusionKind.MATMULS, FusionKind.MATMUL_ADD, FusionKind.RECURRENCE_ADD);

    private final Set<FusionKind> kinds;
    private final Value output;
    private final Map<Value, List<Op>> readers = new HashMap<>();
    private Map<Value, Op> writers = Map.of();
    private Set<Op> taken = Set.of();

    private Fusion(Graph graph, Set<FusionKind> kinds) {
        this.kinds = kinds;
        this.output = graph.output();
        graph.ops().forEach(op -> op.inputs().stream().distinct()
                .forEach(input -> readers.computeIfAbsent(input, _ -> new ArrayList<>()).add(op)));
    }

    /** {@code graph}, a plain one, with the groups of {@code kinds} fused; its encoder's too. */
    public static Graph apply(Graph graph, Set<FusionKind> kinds) {
        Fusion fusion = new Fusion(graph, kinds.isEmpty() ? EnumSet.noneOf(FusionKind.class) : EnumSet.copyOf(kinds));
        return new Graph(graph.name(), fusion.section(graph.before()), graph.layers().stream().map(fusion::section).toList(),
                fusion.section(graph.after()), graph.crossCaches().stream().map(fusion::section).toList(), graph.values(), graph.output(),
                graph.cacheLayers(), graph.encoder().map(encoder -> apply(encoder, kinds)));
    }

    private List<Op> section(List<Op> ops) {
        writers = new HashMap<>();
        ops.forEach(op -> op.outputs().forEach(written -> writers.put(written, op)));
        taken = Collections.newSetFromMap(new IdentityHashMap<>());
        Map<Op, Fused> places = new IdentityHashMap<>();
        for (FusionKind kind : ORDER) {
            if (kinds.contains(kind)) {
                for (Op op : ops) {
                    parts(kind, op).filter(parts -> parts.stream().noneMatch(taken::contains)).ifPresent(parts -> {
                        taken.addAll(parts);
                        // a sum reads a residual, which may be written after what is added; the other groups read one value
                        places.put(parts.getLast() instanceof Add ? parts.getLast() : parts.getFirst(), fused(kind, parts));
                    });
                }
            }
        }
        List<Op> result = new ArrayList<>();
        for (Op op : ops) {
            if (places.containsKey(op)) {
                result.add(places.get(op));
            } else if (!taken.contains(op)) {
                result.add(op);
            }
        }
        return result;
    }

    /** The group of this kind that {@code op} decides, if it is part of one. */
    private Optional<List<Op>> parts(FusionKind kind, Op op) {
        return switch (kind) {
            case NORM_GATED -> gated(op).flatMap(this::withNorm);
            case GATED -> gated(op);
            case NORM_MATMULS -> products(op instanceof Norm norm ? norm.output() : null).flatMap(this::withNorm);
            case MATMULS -> products(op instanceof MatMul product ? product.input() : null).filter(parts -> parts.size() > 1);
            case MATMUL_ADD -> op instanceof Add add ? added(add, MatMul.class).map(product -> List.of(product, add)) : Optional.empty();
            case RECURRENCE_ADD -> op instanceof Add add ? added(add, Activate.class).flatMap(activate -> stateAndSum(activate, add))
                    : Optional.empty();
        };
    }

    /** MatMul (gate), MatMul (up), Activate, Multiply, ending in {@code op}. */
    private Optional<List<Op>> gated(Op op) {
        if (!(op instanceof Multiply multiply)) {
            return Optional.empty();
        }
        boolean activatedLeft = writers.get(multiply.left()) instanceof Activate;
        Value activated = activatedLeft ? multiply.left() : multiply.right();
        Value factor = activatedLeft ? multiply.right() : multiply.left();
        if (writers.get(activated) instanceof Activate activate && writers.get(activate.input()) instanceof MatMul gate
                && writers.get(factor) instanceof MatMul up && gate != up && gate.input().equals(up.input())
                && onlyReader(activated, op) && onlyReader(factor, op) && onlyReader(gate.output(), activate)) {
            return Optional.of(List.of(gate, up, activate, multiply));
        }
        return Optional.empty();
    }

    /** All products of this section that read {@code input}. */
    private Optional<List<Op>> products(Value input) {
        if (input == null) {
            return Optional.empty();
        }
        List<Op> products = readers.getOrDefault(input, List.of()).stream()
                .filter(reader -> reader instanceof MatMul && writers.get(reader.outputs().getFirst()) == reader
                        && !taken.contains(reader))
                .toList();
        return products.isEmpty() ? Optional.empty() : Optional.of(products);
    }

    /** The norm of whole rows whose only readers are among {@code parts}, and then these. */
    private Optional<List<Op>> withNorm(List<Op> parts) {
        Value normed = parts.getFirst().inputs().getFirst();
        if (writers.get(normed) instanceof Norm norm && norm.gain().columns() == norm.input().width() && !normed.equals(output)
                && parts.containsAll(readers.get(normed))) {
            List<Op> all = new ArrayList<>(List.of(norm));
            all.addAll(parts);
            return Optional.of(all);
        }
        return Optional.empty();
    }

    /** The operation of this kind that writes what {@code add} alone reads, if another group has not taken it. */
    private <T extends Op> Optional<T> added(Add add, Class<T> kind) {
        for (Value part : List.of(add.right(), add.left())) {
            Op writer = writers.get(part);
            if (kind.isInstance(writer) && !taken.contains(writer) && onlyReader(part, add) && !add.left().equals(add.right())) {
                return Optional.of(kind.cast(writer));
            }
        }
        return Optional.empty();
    }

    private Optional<List<Op>> stateAndSum(Activate activate, Add add) {
        return writers.get(activate.input()) instanceof Recurrence recurrence && onlyReader(recurrence.output(), activate)
                ? Optional.of(List.of(recurrence, activate, add)) : Optional.empty();
    }

    private boolean onlyReader(Value value, Op reader) {
        List<Op> all = readers.getOrDefault(value, List.of());
        return all.size() == 1 && all.getFirst() == reader && !value.equals(output);
    }

    private Fused fused(FusionKind kind, List<Op> parts) {
        List<Value> written = parts.stream().map(Op::outputs).flatMap(Collection::stream).toList();
        List<Value> inputs = parts.stream().map(Op::inputs).flatMap(Collection::stream).distinct()
                .filter(input -> !written.contains(input)).toList();
        List<Value> outputs = written.stream()
                .filter(value -> value.equals(output) || !parts.containsAll(readers.getOrDefault(value, List.of()))
                        || !readers.containsKey(value))
                .toList();
        return new Fused(kind, parts, inputs, outputs);
    }
}
