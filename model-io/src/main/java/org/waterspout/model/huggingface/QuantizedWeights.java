package org.waterspout.model.huggingface;

import java.util.Set;

/** How one method of quantization stores weights. Names are those of a module's tensors, after the module's own. */
interface QuantizedWeights {

    /** What every quantized module has one of, and no other has. */
    Set<String> marks();

    /** What else belongs to a quantized module's weight. */
    Set<String> parts();

    /** What rounds activations, or the keys and values of the cache, and no weight. */
    default Set<String> ofActivations() {
        return Set.of();
    }

    /** Whether the method's own kernels round activations or the cache too. */
    boolean roundsActivations();

    /**
     * The weight of a module, its numbers not computed yet.
     *
     * @throws org.waterspout.error.ModelFormatException       if its parts contradict one another
     * @throws org.waterspout.error.UnsupportedModelException if they are stored in a way that is not built
     */
    FolderTensor weight(QuantizedModule module);
}
