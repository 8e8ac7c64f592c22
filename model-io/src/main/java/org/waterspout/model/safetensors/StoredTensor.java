package org.waterspout.model.safetensors;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import org.waterspout.error.Quoted;
import org.waterspout.error.UnsupportedModelException;
import org.waterspout.model.Tensor;
import org.waterspout.model.WeightType;

/**
 * An array of a safetensors file, of any type the format knows.
 *
 * @param file  where it is, for messages
 * @param name  its name in the file
 * @param type  as the format writes it, such as F32 or I64
 * @param shape dimensions, outermost first; none for a single number
 * @param data  read-only slice of the mapped file
 */
public record StoredTensor(Path file, String name, String type, List<Integer> shape, MemorySegment data) {

    public StoredTensor {
        shape = List.copyOf(shape);
    }

    /**
     * The array as weights; a single number has shape [1].
     *
     * @throws UnsupportedModelException if it is no array of F32, F16 or BF16, or is empty
     */
    public Tensor tensor() {
        WeightType weights = switch (type) {
            case "F32" -> WeightType.F32;
            case "F16" -> WeightType.F16;
            case "BF16" -> WeightType.BF16;
            default -> throw new UnsupportedModelException(file + ": tensor " + Quoted.of(name) + " is stored as "
                    + Quoted.of(type) + "; F32, F16 and BF16 can be read, so save the model in one of them");
        };
        if (shape.contains(0)) {
            throw new UnsupportedModelException(file + ": tensor " + Quoted.of(name) + " has shape " + shape
                    + " and so no numbers; save the model without it");
        }
        return new Tensor(name, weights, shape.isEmpty() ? List.of(1) : shape, data);
    }
}
