package org.waterspout.model.huggingface;

import java.lang.foreign.Arena;
import java.util.List;
import java.util.function.Function;
import org.waterspout.model.Tensor;
import org.waterspout.model.safetensors.StoredTensor;

/**
 * A tensor of a folder, as the model's code names it; its numbers are mapped, or computed when they are asked for.
 *
 * @param shape   dimensions, outermost first
 * @param upright whether a matrix is [out, in] even where the plain files of its family have [in, out]
 * @param numbers reads it; what is copied or computed belongs to the arena
 */
record FolderTensor(String name, List<Integer> shape, boolean upright, Function<Arena, Tensor> numbers) {

    static FolderTensor of(StoredTensor stored) {
        return new FolderTensor(stored.name(), stored.shape(), false, stored::tensor);
    }
}
