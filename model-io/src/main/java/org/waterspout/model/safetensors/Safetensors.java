package org.waterspout.model.safetensors;

import com.fasterxml.jackson.databind.JsonNode;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeSet;
import org.waterspout.error.ModelFormatException;
import org.waterspout.error.ModelNotFoundException;
import org.waterspout.error.Quoted;
import org.waterspout.model.JsonFile;
import org.waterspout.model.MappedFile;

/** Opens safetensors files: one, or all that an index lists. */
public final class Safetensors {

    private Safetensors() {
    }

    /**
     * Maps one file and checks all its header says.
     *
     * @return its tensors by name, in the order of its data, valid until {@code arena} is closed
     * @throws ModelNotFoundException if it is not there or may not be read
     * @throws ModelFormatException   if it is truncated, corrupt, or contradicts itself
     */
    public static Map<String, StoredTensor> open(Path file, Arena arena) {
        Map<String, StoredTensor> tensors = new LinkedHashMap<>();
        for (StoredTensor tensor : SafetensorsHeader.read(file, MappedFile.map(file, arena))) {
            tensors.put(tensor.name(), tensor);
        }
        return Collections.unmodifiableMap(tensors);
    }

    /**
     * Maps every file that a model.safetensors.index.json names. Errors as {@link #open}; besides, what the index and the files say
     * must be the same.
     *
     * @param index the index; the files are in its folder
     */
    public static Map<String, StoredTensor> openIndexed(Path index, Arena arena) {
        JsonNode weightMap = JsonFile.read(index).path("weight_map");
        if (!weightMap.isObject() || weightMap.isEmpty()) {
            throw new ModelFormatException(index + " has no weight_map of tensor names to file names; get the file again");
        }
        Map<String, StoredTensor> tensors = new LinkedHashMap<>();
        for (String name : fileNames(index, weightMap)) {
            Path file = index.resolveSibling(name);
            if (!Files.exists(file)) {
                throw new ModelNotFoundException(file + " is missing: " + index.getFileName()
                        + " lists it; put all files of the model into one folder");
            }
            for (StoredTensor tensor : open(file, arena).values()) {
                if (!weightMap.path(tensor.name()).asText().equals(name)) {
                    throw new ModelFormatException(file + " has tensor " + Quoted.of(tensor.name()) + ", which "
                            + index.getFileName() + " does not list there; get all files again, from one place");
                }
                tensors.put(tensor.name(), tensor);
            }
        }
        for (String tensor : (Iterable<String>) weightMap::fieldNames) {
            if (!tensors.containsKey(tensor)) {
                throw new ModelFormatException(index.resolveSibling(weightMap.get(tensor).textValue()) + " lacks tensor "
                        + Quoted.of(tensor) + ", which " + index.getFileName() + " lists there; get all files again, from one place");
            }
        }
        return Collections.unmodifiableMap(tensors);
    }

    private static TreeSet<String> fileNames(Path index, JsonNode weightMap) {
        TreeSet<String> names = new TreeSet<>();
        for (JsonNode value : weightMap) {
            String name = value.asText();
            // a name, no path: an index must not lead out of its folder
            if (!value.isTextual() || !name.endsWith(".safetensors") || name.contains("/") || name.contains("\\")
                    || name.indexOf('\0') >= 0) {
                throw new ModelFormatException(index + " names " + Quoted.of(value.toString())
                        + ", no safetensors file of its folder; get the file again");
            }
            names.add(name);
        }
        return names;
    }
}
