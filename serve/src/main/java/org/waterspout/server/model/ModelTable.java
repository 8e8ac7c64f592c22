package org.waterspout.server.model;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.Quoted;
import org.waterspout.server.json.Refusal;

/** The models of a server, by their ids. */
public final class ModelTable implements AutoCloseable {

    private final int places;
    private volatile Map<String, ServedModel> models = Map.of();

    /** @param places answers of each model that may run or wait */
    public ModelTable(int places) {
        this.places = places;
    }

    /**
     * Loads models, one after the other. Where one fails, all are closed.
     *
     * @throws InvalidRequestException where two have one name
     */
    public void load(List<ModelSource> sources) {
        Map<String, ServedModel> loaded = new LinkedHashMap<>();
        for (ModelSource source : sources) {
            if (sources.stream().filter(other -> other.id().equals(source.id())).count() > 1) {
                throw new InvalidRequestException("two models are called " + Quoted.of(source.id())
                        + ": give each a name of its own, or load one of them");
            }
        }
        try {
            for (ModelSource source : sources) {
                loaded.put(source.id(), ServedModel.load(source, places));
                models = Collections.unmodifiableMap(new LinkedHashMap<>(loaded));
            }
        } catch (RuntimeException | Error failure) {
            close();
            throw failure;
        }
    }

    public Collection<ServedModel> all() {
        return models.values();
    }

    /** @throws Refusal where no model is called so */
    public ServedModel find(String id) {
        ServedModel found = models.get(id);
        if (found == null) {
            throw Refusal.request(404, "there is no model " + Quoted.of(id) + " here; there are "
                    + models.keySet().stream().map(Quoted::of).collect(Collectors.joining(", ")), "model_not_found");
        }
        return found;
    }

    @Override
    public void close() {
        List<ServedModel> open = new ArrayList<>(models.values());
        models = Map.of();
        open.forEach(ServedModel::close);
    }
}
