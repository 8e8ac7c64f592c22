package org.waterspout.model.huggingface;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import org.waterspout.error.ModelFormatException;
import org.waterspout.error.Quoted;
import org.waterspout.model.WeightType;
import org.waterspout.model.safetensors.StoredTensor;

/**
 * The tensors that together stand for one weight.
 *
 * @param name  of the module, such as model.layers.0.mlp.up_proj
 * @param parts by their names after the module's
 */
record QuantizedModule(String name, Map<String, StoredTensor> parts) {

    String weightName() {
        return name + ".weight";
    }

    boolean has(String part) {
        return parts.containsKey(part);
    }

    StoredTensor part(String part) {
        if (!has(part)) {
            StoredTensor other = parts.values().iterator().next();
            throw new ModelFormatException(other.file() + ": " + Quoted.of(name) + " has " + Quoted.of(other.name()) + " but no " + part
                    + "; get the files again");
        }
        return parts.get(part);
    }

    /** A part of one type and, by the length of each dimension, one shape. */
    StoredTensor part(String part, String type, List<Integer> shape) {
        StoredTensor tensor = part(part);
        if (!tensor.type().equals(type) || !tensor.shape().equals(shape)) {
            throw wrong(part, "should be " + type + " of shape " + shape);
        }
        return tensor;
    }

    /** A matrix of one type. */
    StoredTensor matrix(String part, String type) {
        StoredTensor tensor = part(part);
        if (!tensor.type().equals(type) || tensor.shape().size() != 2 || tensor.shape().contains(0)) {
            throw wrong(part, "should be a matrix of " + type);
        }
        return tensor;
    }

    /** All numbers of a part of F32, F16 or BF16, row-major; each must be finite. */
    float[] floats(String part) {
        StoredTensor tensor = part(part);
        WeightType type = switch (tensor.type()) {
            case "F32" -> WeightType.F32;
            case "F16" -> WeightType.F16;
            case "BF16" -> WeightType.BF16;
            default -> throw wrong(part, "should be F32, F16 or BF16");
        };
        MemorySegment data = tensor.data();
        float[] numbers = new float[Math.toIntExact(data.byteSize() / type.blockBytes())];
        type.decode(data, 0, numbers, 0, numbers.length);
        for (float number : numbers) {
            if (!Float.isFinite(number)) {
                throw wrong(part, "holds " + number);
            }
        }
        return numbers;
    }

    ModelFormatException wrong(String part, String what) {
        StoredTensor tensor = part(part);
        return new ModelFormatException(tensor.file() + ": tensor " + Quoted.of(tensor.name()) + " of type " + tensor.type() + " and shape "
                + tensor.shape() + " " + what + "; get the files again");
    }
}
