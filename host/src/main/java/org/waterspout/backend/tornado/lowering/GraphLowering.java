package org.waterspout.backend.tornado.lowering;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntFunction;
import org.waterspout.backend.PlanOptions;
import org.waterspout.backend.tornado.buffers.Constant;
import org.waterspout.backend.tornado.buffers.DeviceBuffer;
import org.waterspout.backend.tornado.buffers.DeviceBuffer.Life;
import org.waterspout.backend.tornado.buffers.View;
import org.waterspout.backend.tornado.launches.Launch;
import org.waterspout.backend.tornado.launches.Section;
import org.waterspout.backend.tornado.launches.Section.Observed;
import org.waterspout.backend.tornado.launches.Section.Rows;
import org.waterspout.backend.tornado.launches.Section.Stage;
import org.waterspout.error.UnsupportedModelException;
import org.waterspout.graph.Graph;
import org.waterspout.graph.Op;
import org.waterspout.graph.RopeTable;
import org.waterspout.graph.Value;

/**
 * Turns a graph into a {@link GraphProgram}: {@code before}, one section for each run of layers of one form, {@code after} up to
 * SelectRows or MeanRows, and from there on; and the sections that fill cross-attention caches. Nothing is allocated or loaded.
 */
final class GraphLowering {

    /** Most numbers of a value behind SelectRows, at least {@link #FEWEST} rows: bounds the memory that logits take. */
    private static final int LARGEST = 1 << 22;
    private static final int FEWEST = 8;

    private final Graph graph;
    private final PlanOptions options;
    private final Resources resources;
    private final String prefix;
    private final long maxAllocation;
    private final Crossings crossings;
    private final List<View> carried = new ArrayList<>();
    private final Map<Value, View> fixed = new HashMap<>();
    private final List<Section> sections = new ArrayList<>();
    private final int chunk;

    private GraphLowering(Graph graph, PlanOptions options, Resources resources, String prefix, long maxAllocation) {
        this.graph = graph;
        this.options = options;
        this.resources = resources;
        this.prefix = prefix;
        this.maxAllocation = maxAllocation;
        this.crossings = new Crossings(graph);
        int widest = graph.after().stream().flatMap(op -> op.outputs().stream()).mapToInt(Value::width).max().orElse(1);
        this.chunk = options.observable() ? options.maxRows() : Math.min(Math.max(FEWEST, LARGEST / widest), options.maxRows());
        for (int place = 0; place < crossings.places(); place++) {
            int width = crossings.width(place);
            carried.add(View.whole(buffer("carried " + place, width, options.maxRows()), width));
        }
    }

    /**
     * @param prefix        of the names of its stages
     * @param maxAllocation most bytes in one array of the device; layers are divided so that stacked weights stay below
     */
    static GraphProgram lower(Graph graph, PlanOptions options, Resources resources, String prefix, long maxAllocation) {
        return new GraphLowering(graph, options, resources, prefix, maxAllocation).program();
    }

    private GraphProgram program() {
        crossings.from(0).forEach(value -> fixed.put(value, place(value)));
        before();
        layers();
        boolean selects = after();
        View output = output();
        List<Section> main = List.copyOf(sections);
        sections.clear();
        memory(output);
        return new GraphProgram(main, List.copyOf(sections), output, chunk, selects);
    }

    private static DeviceBuffer buffer(String name, int width, int rows) {
        return new DeviceBuffer(name, (long) rows * width, Life.PLAN);
    }

    /** Where a value that crosses to the next part lies. */
    private View place(Value value) {
        View place = carried.get(crossings.place(value).orElseThrow());
        return View.whole(place.buffer(), value.width());
    }

    private void before() {
        for (Op op : graph.before()) {
            for (Value value : op.outputs()) {
                if (crossings.shared(value)) {
                    fixed.put(value, View.whole(buffer(value.name(), value.width(), options.maxRows()), value.width()));
                }
            }
        }
        SectionLowering lowering = lowering(options.maxRows(), 1, graph.before(), Map.of());
        if (RopeTable.tables(graph).findAny().isPresent()) {
            lowering.uploadAngles();
        }
        addSection(Rows.ALL, lowering, stages(lowering, "before", graph.before().stream().map(List::of).toList(), List.of()));
    }

    private SectionLowering lowering(int rows, int repeats, List<Op> ops, Map<Value, View> more) {
        Map<Value, View> views = new HashMap<>(fixed);
        views.putAll(more);
        return new SectionLowering(options, resources, rows, repeats, ops, views);
    }

    private void addSection(Rows rows, SectionLowering lowering, List<Stage> stages) {
        if (!stages.isEmpty()) {
            sections.add(new Section(rows, lowering.slots(), stages));
        }
    }

    /**
     * One stage of all operations, or one for each when observed.
     *
     * @param ops   each operation as the list of its repeats
     * @param moves values to copy to their places behind all operations
     */
    private List<Stage> stages(SectionLowering lowering, String name, List<? extends List<? extends Op>> ops, List<Value> moves) {
        List<Stage> stages = new ArrayList<>();
        for (List<? extends Op> repeats : ops) {
            lowering.lower(repeats);
            if (options.observable()) {
                Op op = repeats.getFirst();
                Observed observed = new Observed(List.copyOf(repeats), op.inputs().stream().map(lowering::view).toList(),
                        op.outputs().stream().map(lowering::view).toList());
                stages.add(new Stage(prefix + name + stages.size(), lowering.take(), Optional.of(observed)));
            }
        }
        moves.forEach(value -> lowering.copy(lowering.view(value), place(value)));
        List<Launch> rest = lowering.take();
        if (!rest.isEmpty()) {
            stages.add(new Stage(prefix + name + stages.size(), rest, Optional.empty()));
        }
        return stages;
    }

    private void layers() {
        runs(graph.layers().size(), crossings::form, this::layerSection);
    }

    /** Adds the section of repeats {@code from} to {@code to}. */
    private interface Sections {
        void add(int from, int to, List<Section> added);
    }

    /** A section for each run of repeats of one form. */
    private void runs(int count, IntFunction<String> forms, Sections lowered) {
        int from = 0;
        while (from < count) {
            String form = forms.apply(from);
            int to = from + 1;
            while (to < count && forms.apply(to).equals(form)) {
                to++;
            }
            addRun(from, to, lowered);
            from = to;
        }
    }

    /** Repeats of one form; divided where their stacked weights would exceed the device's largest allocation. */
    private void addRun(int from, int to, Sections lowered) {
        List<Section> added = new ArrayList<>();
        lowered.add(from, to, added);
        boolean tooLarge = added.stream().flatMap(section -> section.stages().stream()).flatMap(stage -> stage.launches().stream())
                .flatMap(launch -> launch.constants().stream()).anyMatch(this::tooLarge);
        if (tooLarge && to - from > 1) {
            int middle = (from + to) / 2;
            addRun(from, middle, lowered);
            addRun(middle, to, lowered);
        } else {
            sections.addAll(added);
        }
    }

    /** The sections that fill the cross-attention caches from the output. */
    private void memory(View output) {
        runs(graph.crossCaches().size(), this::memoryForm, (from, to, added) -> {
            List<Op> first = graph.crossCaches().get(from);
            SectionLowering lowering = lowering(options.maxRows(), to - from, first, Map.of(graph.output(), output));
            List<Stage> stages = stages(lowering, "memory" + from + "x", repeats(graph.crossCaches(), from, to), List.of());
            added.add(new Section(Rows.ALL, lowering.slots(), stages));
        });
    }

    private String memoryForm(int number) {
        return LayerForm.of(graph.crossCaches().get(number), value -> value.equals(graph.output()) ? Optional.of("output")
                : Optional.empty(), List.of());
    }

    /** For each operation of a layer, its repeats. */
    private static List<List<Op>> repeats(List<List<Op>> layers, int from, int to) {
        List<List<Op>> ops = new ArrayList<>();
        for (int i = 0; i < layers.get(from).size(); i++) {
            int index = i;
            ops.add(layers.subList(from, to).stream().map(repeat -> repeat.get(index)).toList());
        }
        return ops;
    }

    private void layerSection(int from, int to, List<Section> added) {
        List<Op> layer = graph.layers().get(from);
        Map<Value, View> views = new HashMap<>();
        crossings.from(from).forEach(value -> views.put(value, place(value)));
        List<Value> moves = new ArrayList<>();
        for (Value value : crossings.from(from + 1)) {
            if (writesAfterLastRead(layer, value, from)) {
                views.put(value, place(value));
            } else {
                moves.add(value);
            }
        }
        SectionLowering lowering = lowering(options.maxRows(), to - from, layer, views);
        List<Stage> stages = stages(lowering, "layer" + from + "x", repeats(graph.layers(), from, to), moves);
        if (!stages.isEmpty()) {
            added.add(new Section(Rows.ALL, lowering.slots(), stages));
        }
    }

    /** Whether {@code value} may be written straight to its place: nothing reads any more what the last layer left there. */
    private boolean writesAfterLastRead(List<Op> layer, Value value, int from) {
        int place = crossings.place(value).orElseThrow();
        List<Value> incoming = crossings.from(from);
        int lastRead = -1;
        int write = -1;
        for (int i = 0; i < layer.size(); i++) {
            if (place < incoming.size() && layer.get(i).inputs().contains(incoming.get(place))) {
                lastRead = i;
            }
            if (layer.get(i).outputs().contains(value)) {
                write = i;
            }
        }
        return write > lastRead;
    }

    private boolean after() {
        List<Op> ops = graph.after();
        int select = 0;
        while (select < ops.size() && !ops.get(select).step().selectsRows()) {
            select++;
        }
        List<Op> all = ops.subList(0, select);
        List<Op> selected = ops.subList(select, ops.size());
        Map<Value, View> views = new HashMap<>();
        crossings.from(graph.layers().size()).forEach(value -> views.put(value, place(value)));
        for (Op op : all) {
            for (Value value : op.outputs()) {
                if (value.equals(graph.output()) || selected.stream().anyMatch(reader -> reader.inputs().contains(value))) {
                    views.put(value, View.whole(buffer(value.name(), value.width(), options.maxRows()), value.width()));
                }
            }
        }
        SectionLowering first = lowering(options.maxRows(), 1, all, views);
        addSection(Rows.ALL, first, stages(first, "after", all.stream().map(List::of).toList(), List.of()));
        for (Op op : selected) {
            if (op.plain().stream().anyMatch(part -> part.step().readsRow())) {
                throw new UnsupportedModelException("graph " + graph.name() + ": " + op
                        + " behind SelectRows or MeanRows is not run by the tornado backend: use the cpu backend");
            }
            if (op.outputs().contains(graph.output())) {
                views.put(graph.output(), View.whole(buffer("output", graph.output().width(), chunk), graph.output().width()));
            }
        }
        fixed.putAll(views);
        SectionLowering last = lowering(chunk, 1, selected, views);
        addSection(Rows.SELECTED, last, stages(last, "selected", selected.stream().map(List::of).toList(), List.of()));
        return !selected.isEmpty();
    }

    /** Where the output lies; copied once more where the last section does not write it, since only a graph's own arrays can be read. */
    private View output() {
        View output = fixed.containsKey(graph.output()) ? fixed.get(graph.output()) : place(graph.output());
        boolean written = sections.getLast().stages().getLast().launches().stream()
                .anyMatch(launch -> launch.writes().contains(output.buffer()));
        if (written) {
            return output;
        }
        SectionLowering lowering = lowering(options.maxRows(), 1, List.of(), Map.of());
        View copy = View.whole(buffer("output", output.width(), options.maxRows()), output.width());
        lowering.copy(output, copy);
        sections.add(new Section(Rows.ALL, lowering.slots(), List.of(new Stage(prefix + "output", lowering.take(), Optional.empty()))));
        return copy;
    }

    private boolean tooLarge(Constant constant) {
        return constant.elements() > Integer.MAX_VALUE
                || constant.bytes().stream().anyMatch(bytes -> bytes + DeviceBuffer.HEADER_BYTES > maxAllocation);
    }
}
