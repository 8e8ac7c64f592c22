package org.waterspout.model.marian;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.ModelFormatException;
import org.waterspout.error.ModelNotFoundException;
import org.waterspout.error.Reason;

/**
 * What lies in the folder of a model, by the names Firefox gives: model.LANGUAGES.*.bin, vocab.LANGUAGES.spm or srcvocab and trgvocab,
 * lex.*.bin, *.yml.
 *
 * @param model            the weights
 * @param sourceVocabulary SentencePiece model of the source, and of the target unless that has its own
 * @param targetVocabulary SentencePiece model of the target where it is another
 * @param shortlist        likely target tokens of each source token
 * @param decoderOptions   of a decoder of Marian
 */
record MarianFolder(Path model, Optional<Path> sourceVocabulary, Optional<Path> targetVocabulary, Optional<Path> shortlist,
        Optional<MarianConfig> decoderOptions) {

    /** The first name is of two letters, as en, unless en comes behind it; others may be longer, as hbs and zh_hant. */
    private static final Pattern LANGUAGES =
            Pattern.compile("model\\.([a-z]{2,3}(?:_[a-z]+?)?(?=en\\.)|[a-z]{2})([a-z]{2,3}(?:_[a-z]+)?)\\..*");
    private static final Pattern MODEL = Pattern.compile(".*\\.bin");
    private static final Pattern VOCABULARY = Pattern.compile("(src)?vocab.*\\.spm");
    private static final Pattern TARGET_VOCABULARY = Pattern.compile("trgvocab.*\\.spm");
    private static final Pattern SHORTLIST = Pattern.compile("lex.*\\.bin");
    private static final Pattern DECODER = Pattern.compile(".*\\.yml");
    private static final long MAX_OPTION_BYTES = 1 << 20;

    /** @param path the model, or its folder */
    static MarianFolder of(Path path) {
        Path folder = Files.isDirectory(path) ? path : path.toAbsolutePath().getParent();
        Path model = Files.isDirectory(path) ? onlyModel(path) : path;
        Optional<Path> options = only(folder, file -> matches(DECODER, file));
        return new MarianFolder(model, only(folder, file -> matches(VOCABULARY, file)),
                only(folder, file -> matches(TARGET_VOCABULARY, file)), only(folder, file -> matches(SHORTLIST, file)),
                options.map(MarianFolder::read));
    }

    /** The binary models of Marian in a folder. */
    static List<Path> models(Path folder) {
        return files(folder, file -> matches(MODEL, file) && !matches(SHORTLIST, file) && MarianFile.isMarian(beginning(file)));
    }

    private static Path onlyModel(Path folder) {
        List<Path> models = models(folder);
        if (models.size() == 1) {
            return models.getFirst();
        }
        throw models.isEmpty() ? new ModelNotFoundException(folder + " has no binary model of Marian; check the path")
                : new InvalidRequestException(folder + " has the models "
                        + String.join(", ", models.stream().map(file -> file.getFileName().toString()).toList()) + "; name one of them");
    }

    /** The one file that is wanted; none where there are several, since it cannot be told which belongs to the model. */
    private static Optional<Path> only(Path folder, Predicate<Path> wanted) {
        List<Path> found = files(folder, wanted);
        return found.size() == 1 ? Optional.of(found.getFirst()) : Optional.empty();
    }

    private static List<Path> files(Path folder, Predicate<Path> wanted) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(Files::isRegularFile).filter(wanted).sorted().toList();
        } catch (IOException failure) {
            throw new ModelNotFoundException(folder + " cannot be read (" + Reason.of(failure) + "); check its permissions", failure);
        }
    }

    private static boolean matches(Pattern pattern, Path file) {
        return pattern.matcher(file.getFileName().toString()).matches();
    }

    private static byte[] beginning(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            return in.readNBytes(Long.BYTES);
        } catch (IOException failure) {
            throw new ModelNotFoundException(file + " cannot be read (" + Reason.of(failure) + "); check its permissions", failure);
        }
    }

    private static MarianConfig read(Path file) {
        try {
            if (Files.size(file) > MAX_OPTION_BYTES) {
                throw new ModelFormatException(file + " has " + Files.size(file) + " bytes, too many for options of a decoder");
            }
            return MarianConfig.parse(file.toString(), new String(Files.readAllBytes(file), StandardCharsets.UTF_8));
        } catch (IOException failure) {
            throw new ModelNotFoundException(file + " cannot be read (" + Reason.of(failure) + "); check its permissions", failure);
        }
    }

    /** The two languages of a model by the first part of its file's name: model.enpt.*. */
    record Languages(String source, String target) {
    }

    /** Empty where the file is called otherwise. */
    Optional<Languages> languages() {
        Matcher name = LANGUAGES.matcher(model.getFileName().toString());
        return name.matches() ? Optional.of(new Languages(name.group(1), name.group(2))) : Optional.empty();
    }

    /** The folder's name, which says the languages: firefox-enpt. */
    String name() {
        Path parent = model.toAbsolutePath().normalize().getParent().getFileName();
        return parent == null ? model.getFileName().toString() : parent.toString();
    }
}
