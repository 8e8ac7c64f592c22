package org.waterspout.backend.tornado;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.waterspout.backend.PlanOptions;
import org.waterspout.backend.tornado.DeviceBuffer.Life;
import org.waterspout.backend.tornado.Section.Observed;
import org.waterspout.backend.tornado.Section.Rows;
import org.waterspout.backend.tornado.Section.Stage;
import org.waterspout.error.UnsupportedModelException;
import org.waterspout.graph.Graph;
import org.waterspout.graph.Op;
import org.waterspout.graph.Value;

/**
 * Turns a graph into a {@link DeviceProgram}: {@code before}, one section for each run of layers of one form, {@code after} up to
 * SelectRows, and from SelectRows on. Nothing is allocated or loaded.
 */
final class GraphLowering {

    /** Selected rows that go through the last section at a time: bounds the memory that logits take. */
    private static final int CHUNK = 8;

    private final Graph graph;
    private final PlanOptions options;
    private final Kernels kernels;
    private final long maxAllocation;
    private final Crossings crossings;
    private final Caches caches;
    private final Constants constants = new Constants();
    private final List<View> carried = new ArrayList<>();
    private final Map<Value, View> fixed = new HashMap<>();
    private final List<Section> sections = new ArrayList<>();
    private final int chunk;

    private GraphLowering(Graph graph, PlanOptions options, KernelFamily family, long maxAllocation) {
        this.graph = graph;
        this.options = options;
        this.kernels = new Kernels(family);
        this.maxAllocation = maxAllocation;
        this.crossings = new Crossings(graph);
        this.caches = new Caches(graph, options);
        this.chunk = options.observable() ? options.maxRows() : Math.min(CHUNK, options.maxRows());
        for (int place = 0; place < crossings.places(); place++) {
            int width = crossings.width(place);
            carried.add(View.whole(buffer("carried " + place, width, options.maxRows()), width));
        }
    }

    /** @param maxAllocation most bytes in one array of the device; layers are divided so that stacked weights stay below */
    static DeviceProgram lower(Graph graph, PlanOptions options, KernelFamily family, long maxAllocation) {
        return new GraphLowering(graph, options, family, maxAllocation).program();
    }

    private DeviceProgram program() {
        crossings.from(0).forEach(value -> fixed.put(value, place(value)));
        before();
        layers();
        boolean selects = after();
        View output = output();
        List<List<Launch>> stages = sections.stream().flatMap(section -> section.stages().stream()).map(Stage::launches).toList();
        List<DeviceBuffer> buffers = BufferPlan.of(stages);
        return new DeviceProgram(sections, buffers, caches.buffers(), used(stages), output, chunk, selects);
    }

    /** The constants that launches read; divided attempts at a section may have left others behind. */
    private static List<Constant> used(List<List<Launch>> stages) {
        return stages.stream().flatMap(List::stream).<Constant>flatMap(launch -> launch.constants().stream()).distinct().toList();
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
        addSection(Rows.ALL, lowering, stages(lowering, "before", graph.before().stream().map(List::of).toList(), List.of()));
    }

    private SectionLowering lowering(int rows, int repeats, List<Op> ops, Map<Value, View> more) {
        Map<Value, View> views = new HashMap<>(fixed);
        views.putAll(more);
        return new SectionLowering(options, kernels, caches, constants, rows, repeats, ops, views);
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
                stages.add(new Stage(name + stages.size(), lowering.take(), Optional.of(observed)));
            }
        }
        moves.forEach(value -> lowering.copy(lowering.view(value), place(value)));
        List<Launch> rest = lowering.take();
        if (!rest.isEmpty()) {
            stages.add(new Stage(name + stages.size(), rest, Optional.empty()));
        }
        return stages;
    }

    private void layers() {
        int count = graph.layers().size();
        int from = 0;
        while (from < count) {
            String form = crossings.form(from);
            int to = from + 1;
            while (to < count && crossings.form(to).equals(form)) {
                to++;
            }
            addLayers(from, to);
            from = to;
        }
    }

    /** Layers of one form; divided where their stacked weights would exceed the device's largest allocation. */
    private void addLayers(int from, int to) {
        List<Section> added = new ArrayList<>();
        layerSection(from, to, added);
        boolean tooLarge = added.stream().flatMap(section -> section.stages().stream()).flatMap(stage -> stage.launches().stream())
                .flatMap(launch -> launch.constants().stream()).anyMatch(this::tooLarge);
        if (tooLarge && to - from > 1) {
            int middle = (from + to) / 2;
            addLayers(from, middle);
            addLayers(middle, to);
        } else {
            sections.addAll(added);
        }
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
        List<List<Op>> ops = new ArrayList<>();
        for (int i = 0; i < layer.size(); i++) {
            int index = i;
            ops.add(graph.layers().subList(from, to).stream().map(repeat -> repeat.get(index)).toList());
        }
        SectionLowering lowering = lowering(options.maxRows(), to - from, layer, views);
        List<Stage> stages = stages(lowering, "layer" + from + "x", ops, moves);
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
        while (select < ops.size() && !(ops.get(select) instanceof Op.SelectRows)) {
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
            if (op instanceof Op.Attention || op instanceof Op.AddPosition || op instanceof Op.Rope || op instanceof Op.Embed) {
                throw new UnsupportedModelException("graph " + graph.name() + ": " + op + " after SelectRows is not run by the tornado "
                        + "backend: use --backend cpu");
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
        sections.add(new Section(Rows.ALL, lowering.slots(), List.of(new Stage("output", lowering.take(), Optional.empty()))));
        return copy;
    }

    private boolean tooLarge(Constant constant) {
        return constant.elements() > Integer.MAX_VALUE
                || constant.bytes().stream().anyMatch(bytes -> bytes + DeviceProgram.HEADER_BYTES > maxAllocation);
    }
}
