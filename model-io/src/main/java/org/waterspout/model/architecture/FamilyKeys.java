package org.waterspout.model.architecture;

import java.util.List;
import java.util.Optional;
import org.waterspout.error.ModelFormatException;
import org.waterspout.error.UnsupportedModelException;
import org.waterspout.model.Metadata;
import org.waterspout.model.ModelFile;
import org.waterspout.model.Tensor;

/** A file's keys under its family's name, each within its range, and its tensors. */
record FamilyKeys(ModelFile file, Families.Row row) {

    Metadata metadata() {
        return file.metadata();
    }

    float cap(String suffix, float fallback) {
        float cap = finite(suffix, fallback);
        if (cap < 0) {
            throw new ModelFormatException("metadata key " + key(suffix) + " is " + cap);
        }
        return cap;
    }

    double above0(String suffix, double fallback) {
        float value = finite(suffix, (float) fallback);
        if (value <= 0) {
            throw new ModelFormatException("metadata key " + key(suffix) + " is " + value);
        }
        return value;
    }

    float finite(String suffix, float fallback) {
        float value = metadata().numberOr(key(suffix), fallback);
        if (!Float.isFinite(value)) {
            throw new ModelFormatException("metadata key " + key(suffix) + " is " + value);
        }
        return value;
    }

    int positive(String suffix) {
        int value = metadata().integer(key(suffix));
        if (value <= 0) {
            throw new ModelFormatException("metadata key " + key(suffix) + " is " + value);
        }
        return value;
    }

    /** A number that a file may also give for each layer; all layers must have the same. */
    int same(String suffix, Optional<Integer> fallback) {
        if (fallback.isPresent() && !metadata().has(key(suffix))) {
            return fallback.get();
        }
        if (metadata().values().get(key(suffix)) instanceof List<?>) {
            List<Long> each = metadata().list(key(suffix), Long.class).stream().distinct().toList();
            if (each.size() == 1 && each.getFirst() > 0 && each.getFirst() <= Integer.MAX_VALUE) {
                return each.getFirst().intValue();
            }
            throw new UnsupportedModelException("layers of different sizes are not supported: " + key(suffix) + " is " + each);
        }
        return positive(suffix);
    }

    void refuse(String suffix, int supported) {
        int value = metadata().integerOr(key(suffix), supported);
        if (value != supported) {
            throw new UnsupportedModelException(key(suffix) + " = " + value + " is not supported, only " + supported);
        }
    }

    boolean has(String tensor) {
        return file.tensors().containsKey(tensor);
    }

    Tensor tensor(String name) {
        Tensor tensor = file.tensors().get(name);
        if (tensor == null) {
            throw new ModelFormatException("the model file has no tensor " + name);
        }
        return tensor;
    }

    String key(String suffix) {
        return row.name() + "." + suffix;
    }
}
