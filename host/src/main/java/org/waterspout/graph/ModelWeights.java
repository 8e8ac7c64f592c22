package org.waterspout.graph;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.waterspout.error.ModelFormatException;
import org.waterspout.error.UnsupportedModelException;
import org.waterspout.model.ModelFile;
import org.waterspout.model.Tensor;
import org.waterspout.model.WeightType;

/** Looks up a file's tensors, each checked against the shape that the metadata promises. */
final class ModelWeights {

    private final ModelFile file;
    private final Set<String> used = new HashSet<>();

    ModelWeights(ModelFile file) {
        this.file = file;
    }

    boolean has(String name) {
        return file.tensors().containsKey(name);
    }

    int rows(String name) {
        return file.tensors().get(name).rows();
    }

    /** Tensors whose names begin so need not be read. */
    void know(String beginning) {
        file.tensors().keySet().stream().filter(name -> name.startsWith(beginning)).forEach(used::add);
    }

    Weight matrix(String role, int layer, String name, int rows, int columns) {
        return matrix(role, layer, name, rows, columns, 0, rows);
    }

    /** Rows {@code from} to {@code to} of tensor [rows, columns]. */
    Weight matrix(String role, int layer, String name, int rows, int columns, int from, int to) {
        Tensor tensor = tensor(name, List.of(rows, columns));
        return new Weight(role, layer, from == 0 && to == rows ? tensor : tensor.rows(from, to));
    }

    Weight vector(String role, int layer, String name, int columns) {
        return vector(role, layer, name, columns, 0, columns);
    }

    /** Elements {@code from} to {@code to} of tensor [columns]. */
    Weight vector(String role, int layer, String name, int columns, int from, int to) {
        Tensor tensor = tensor(name, List.of(columns));
        if (from == 0 && to == columns) {
            return new Weight(role, layer, tensor);
        }
        if (tensor.type().blockLength() != 1) {
            throw new ModelFormatException("tensor " + name + " is a vector of " + tensor.type() + ", expected F32, F16 or BF16");
        }
        MemorySegment part = tensor.data().asSlice(tensor.type().bytes(from), tensor.type().bytes(to - from));
        return new Weight(role, layer, new Tensor(name + "[" + from + ":" + to + "]", tensor.type(), List.of(to - from), part));
    }

    /** The rows of {@code lower} behind those of {@code upper}; of vectors, their elements. */
    static Weight stacked(Weight upper, Weight lower) {
        float[] above = upper.tensor().decode();
        float[] numbers = Arrays.copyOf(above, above.length + lower.rows() * lower.columns());
        System.arraycopy(lower.tensor().decode(), 0, numbers, above.length, numbers.length - above.length);
        boolean vector = upper.tensor().shape().size() == 1;
        List<Integer> shape = vector ? List.of(numbers.length) : List.of(upper.rows() + lower.rows(), upper.columns());
        return new Weight(upper.role(), upper.layer(), new Tensor(upper.role(), WeightType.F32, shape, MemorySegment.ofArray(numbers)));
    }

    /**
     * A tensor that nothing reads means a model of another form: leaving out one bias gives fluent nonsense.
     *
     * @throws UnsupportedModelException naming the first
     */
    void requireAllUsed() {
        for (String name : file.tensors().keySet()) {
            // tables of rotary frequencies are read with the architecture
            if (!used.contains(name) && !name.startsWith("rope_f")) {
                throw new UnsupportedModelException("tensor " + name + " has no place in this architecture as it is supported");
            }
        }
    }

    private Tensor tensor(String name, List<Integer> shape) {
        used.add(name);
        Tensor tensor = file.tensors().get(name);
        if (tensor == null) {
            throw new ModelFormatException("the model file has no tensor " + name);
        }
        if (!tensor.shape().equals(shape)) {
            throw new ModelFormatException("tensor " + name + " has shape " + tensor.shape() + ", but the metadata asks for " + shape);
        }
        return tensor;
    }
}
