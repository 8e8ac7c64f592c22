package org.waterspout.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.waterspout.model.hub.ModelCatalogue;
import org.waterspout.model.hub.ModelStore;
import org.waterspout.model.load.DemonstrationModel;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(name = "list", mixinStandardHelpOptions = true, description =
        "Lists the models that are here, and those that can be pulled by name.")
final class ListCommand implements Callable<Integer> {

    private final Console console;

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    ListCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        ModelStore store = ModelOptions.store();
        List<Map<String, Object>> here = new ArrayList<>();
        for (Path path : store.list()) {
            Map<String, Object> row = new LinkedHashMap<>();
            row.put("path", path.toString());
            row.put("bytes", ModelStore.bytes(path));
            here.add(row);
        }
        List<Map<String, Object>> catalogue = new ArrayList<>();
        for (ModelCatalogue.Entry entry : ModelCatalogue.entries()) {
            Map<String, Object> row = new LinkedHashMap<>();
            row.put("name", entry.name());
            row.put("licence", entry.licence());
            row.put("source", entry.source());
            row.put("bytes", entry.bytes());
            row.put("pulled", store.placeOf(entry.reference()).toFile().exists());
            catalogue.add(row);
        }
        if (json) {
            console.json(Map.of("models", here, "catalogue", catalogue));
            return 0;
        }
        console.line("Here (the demonstration models are built in: "
                + DemonstrationModel.names().stream().map(Path::toString).collect(Collectors.joining(", ")) + "):");
        here.forEach(row -> console.line(String.format(Locale.ROOT, "  %9.1f MB  %s", (long) row.get("bytes") / 1e6, row.get("path"))));
        console.line("To pull by name:");
        catalogue.forEach(row -> console.line(String.format(Locale.ROOT, "  %-24s %9.1f MB  %-28s %s", row.get("name"),
                (long) row.get("bytes") / 1e6, row.get("licence"), (boolean) row.get("pulled") ? "pulled" : "")));
        console.line("  firefox-SOURCE-TARGET    translations as in Firefox, such as firefox-en-pt and firefox-pt-en; Mozilla's registry"
                + " has some hundred pairs");
        return 0;
    }
}
