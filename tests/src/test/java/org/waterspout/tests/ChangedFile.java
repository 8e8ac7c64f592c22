package org.waterspout.tests;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.waterspout.model.Metadata;
import org.waterspout.model.ModelFile;
import org.waterspout.model.Tensor;
import org.waterspout.model.WeightType;

/** A file with other keys or tensors than it has. */
public record ChangedFile(ModelFile file, Metadata metadata, Map<String, Tensor> tensors) implements ModelFile {

    public static ChangedFile of(ModelFile file) {
        return new ChangedFile(file, file.metadata(), file.tensors());
    }

    public ChangedFile key(String key, Object value) {
        Map<String, Object> values = new LinkedHashMap<>(metadata.values());
        values.put(key, value);
        return new ChangedFile(file, new Metadata(values), tensors);
    }

    public ChangedFile without(String name) {
        Map<String, Object> values = new LinkedHashMap<>(metadata.values());
        Map<String, Tensor> left = new LinkedHashMap<>(tensors);
        values.remove(name);
        left.remove(name);
        return new ChangedFile(file, new Metadata(values), left);
    }

    public ChangedFile tensor(String name, int rows, int columns) {
        Map<String, Tensor> changed = new LinkedHashMap<>(tensors);
        changed.put(name, new RandomTensors(1).tensor(name, WeightType.F32, rows, columns, 1));
        return new ChangedFile(file, metadata, changed);
    }

    @Override
    public Path path() {
        return file.path();
    }

    @Override
    public String format() {
        return file.format();
    }

    @Override
    public void close() {
        file.close();
    }
}
