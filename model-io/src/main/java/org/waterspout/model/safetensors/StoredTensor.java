package org.waterspout.model.safetensors;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import org.waterspout.error.Quoted;
import org.waterspout.error.UnsupportedModelException;
import org.waterspout.model.Doubles;
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
     * @param arena what the memory of a copy belongs to: 64-bit floats are brought to 32 bits, all else stays where it is
     * @throws UnsupportedModelException if it is no array of F64, F32, F16 or BF16, is empty, or holds a number beyond 32-bit floats
     */
    public Tensor tensor(Arena arena) {
        if (shape.contains(0)) {
            throw new UnsupportedModelException(file + ": tensor " + Quoted.of(name) + " has shape " + shape
                    + " and so no numbers; save the model without it");
        }
        List<Integer> dimensions = shape.isEmpty() ? List.of(1) : shape;
        return switch (type) {
            case "F64" -> Doubles.narrowed(file, name, dimensions, data, arena);
            case "F32" -> new Tensor(name, WeightType.F32, dimensions, data);
            case "F16" -> new Tensor(name, WeightType.F16, dimensions, data);
            case "BF16" -> new Tensor(name, WeightType.BF16, dimensions, data);
            default -> throw new UnsupportedModelException(file + ": tensor " + Quoted.of(name) + " is stored as " + Quoted.of(type)
                    + (type.matches("[IU][0-9]+|F[0-9]_.*") ? ", as quantized weights are" : "")
                    + "; F64, F32, F16 and BF16 can be read, so use the model in one of them");
        };
    }

    /** Whether the numbers are floats of 16 bits or more, and so are themselves. */
    public boolean isPlain() {
        return type.equals("F64") || type.equals("F32") || type.equals("F16") || type.equals("BF16");
    }
}
