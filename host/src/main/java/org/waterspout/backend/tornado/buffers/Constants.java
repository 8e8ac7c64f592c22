package org.waterspout.backend.tornado.buffers;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.waterspout.graph.Op;
import org.waterspout.graph.RelativeBias;
import org.waterspout.graph.RopeTable;
import org.waterspout.graph.Weight;
import org.waterspout.model.WeightType;

/** The constants of a program, each once: a table that is embedding and output weight is uploaded once. */
public final class Constants {

    private final List<Constant> all = new ArrayList<>();

    List<Constant> all() {
        return all;
    }

    /** The weights of each layer below one another, in the smallest layout that holds them all exactly. */
    public StackedWeight stack(String role, List<List<Weight>> layers) {
        WeightLayout layout = layers.stream().flatMap(List::stream).map(weight -> WeightLayout.of(weight.tensor().type()))
                .reduce(WeightLayout::join).orElseThrow();
        return add(new StackedWeight(role, layout,
                layers.stream().map(layer -> layer.stream().map(weight -> StackedWeight.Part.of(weight.tensor())).toList()).toList()));
    }

    /** As floats, whatever they are in the file. */
    public StackedWeight floats(String role, List<List<StackedWeight.Part>> layers) {
        return add(new StackedWeight(role, WeightLayout.FLOATS, layers));
    }

    private StackedWeight add(StackedWeight weight) {
        for (Constant constant : all) {
            if (constant instanceof StackedWeight present && present.sameAs(weight)) {
                return present;
            }
        }
        all.add(weight);
        return weight;
    }

    public Angles angles(List<RopeTable> tables, int contextLength) {
        AngleTable table = new AngleTable(tables, contextLength);
        for (Constant constant : all) {
            if (constant instanceof AngleTable present && present.sameAs(table)) {
                return present;
            }
        }
        all.add(table);
        return table;
    }

    public BiasTable biases(List<RelativeBias> tables, int positions) {
        BiasTable table = new BiasTable(tables, positions);
        for (Constant constant : all) {
            if (constant instanceof BiasTable present && present.sameAs(table)) {
                return present;
            }
        }
        all.add(table);
        return table;
    }

    /** Whether the weights of all products have one layout. */
    public boolean shareLayout(List<List<Op.MatMul>> products) {
        return products.stream().map(repeats -> repeats.stream().map(product -> WeightLayout.of(product.weight().tensor().type()))
                .reduce(WeightLayout::join).orElseThrow()).distinct().count() == 1;
    }

    /** For the log: types of the file and what became of them, where that is not the same by name. */
    public static Map<WeightType, WeightLayout> repacked(List<Weight> weights) {
        Map<WeightType, WeightLayout> layouts = new EnumMap<>(WeightType.class);
        for (Weight weight : weights) {
            layouts.put(weight.tensor().type(), WeightLayout.of(weight.tensor().type()));
        }
        return layouts;
    }
}
