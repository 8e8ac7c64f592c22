package org.waterspout.cli;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import me.tongfei.progressbar.ProgressBar;
import org.waterspout.model.hub.DownloadProgress;
import org.waterspout.model.hub.FirefoxModel;
import org.waterspout.model.hub.HubRepository;
import org.waterspout.model.hub.ModelDownload;
import org.waterspout.model.hub.ModelReference;
import org.waterspout.model.hub.ModelStore;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "pull", mixinStandardHelpOptions = true,
        description = {"Fetches a model: a name that 'waterspout list' shows, hf:OWNER/NAME or hf:OWNER/NAME/FILE.gguf of Hugging Face,"
        + " or one of Firefox's translation models, such as firefox-en-pt.",
            "A broken download goes on where it stopped. HF_TOKEN opens repositories that need one; WATERSPOUT_HUB names a mirror;"
            + " HTTPS_PROXY and NO_PROXY are honoured."})
final class PullCommand implements Callable<Integer> {

    private final Console console;

    @Parameters(paramLabel = "MODEL", description = "What to fetch.")
    private String model;

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    private long bytes;

    PullCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        ModelStore store = ModelOptions.store();
        ModelDownload download = ModelDownload.of(System.getenv());
        Path path = FirefoxModel.parse(model).map(pair -> pull(store, download, pair)).orElseGet(() -> pull(store, download));
        if (json) {
            Map<String, Object> object = new LinkedHashMap<>();
            object.put("model", model);
            object.put("path", path.toString());
            object.put("bytes", bytes);
            console.json(object);
        } else {
            console.line(path.toString());
        }
        return 0;
    }

    private Path pull(ModelStore store, ModelDownload download, FirefoxModel pair) {
        try (Bar bar = new Bar(console, pair.name())) {
            Path folder = store.pull(pair, download, bar);
            bytes = ModelStore.bytes(folder);
            return folder;
        }
    }

    private Path pull(ModelStore store, ModelDownload download) {
        Optional<HubRepository> repository = HubRepository.parse(model);
        List<ModelReference> files = repository.map(download::files).orElseGet(() -> List.of(ModelReference.parse(model)));
        for (ModelReference reference : files) {
            try (Bar bar = new Bar(console, reference.file())) {
                bytes += store.pull(reference, download, bar).toFile().length();
            }
        }
        return repository.map(store::placeOf).orElseGet(() -> store.placeOf(files.getFirst()));
    }

    /** One bar a file; on no terminal, a line every tenth. */
    private static final class Bar implements DownloadProgress, AutoCloseable {
        private final Console console;
        private final String name;
        private ProgressBar bar;
        private long tenths;

        Bar(Console console, String name) {
            this.console = console;
            this.name = name;
        }

        @Override
        public void report(long bytes, long total) {
            if (!Progress.shown()) {
                if (total > 0 && bytes * 10 / total > tenths) {
                    tenths = bytes * 10 / total;
                    console.remark(name + " " + tenths * 10 + " %");
                }
                return;
            }
            if (bar == null || bar.getMax() != total) {
                close();
                bar = Progress.bytes(console, name, total);
            }
            bar.stepTo(bytes);
        }

        @Override
        public void close() {
            if (bar != null) {
                bar.close();
                bar = null;
            }
        }
    }
}
