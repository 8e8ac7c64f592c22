package org.waterspout.model.text;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.MissingResourceException;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.model.ModelFile;
import org.waterspout.model.text.SequenceTemplate.Part;
import org.waterspout.model.text.json.TokenizerJson;

/**
 * The tokenizers of a translation model: one of the source language and one of the target language, often the same, and the language
 * tokens of a model that knows several. Safe to use from several threads; {@link #close()} only after the last use.
 */
public final class TranslationTokenizer implements AutoCloseable {

    /** How models write the names of language tokens: M2M-100, NLLB, mBART, OPUS-MT. */
    private static final Pattern LANGUAGE = Pattern.compile("__([a-z]{2,3})__|([a-z]{3}_[A-Z][a-z]{3})|([a-z]{2}_[A-Z]{2})");
    private static final Pattern OPUS_LANGUAGE = Pattern.compile(">>([A-Za-z0-9_-]+)<<");

    /** NLLB names a member of what ISO 639 counts as a group of languages: the one most texts are in. */
    private static final Map<String, String> MEMBERS = Map.ofEntries(Map.entry("ara", "arb"), Map.entry("aym", "ayr"),
            Map.entry("aze", "azj"), Map.entry("fas", "pes"), Map.entry("kur", "kmr"), Map.entry("lav", "lvs"), Map.entry("mlg", "plt"),
            Map.entry("mon", "khk"), Map.entry("msa", "zsm"), Map.entry("nep", "npi"), Map.entry("nor", "nob"), Map.entry("ori", "ory"),
            Map.entry("orm", "gaz"), Map.entry("pus", "pbt"), Map.entry("que", "quy"), Map.entry("sqi", "als"), Map.entry("swa", "swh"),
            Map.entry("uzb", "uzn"), Map.entry("yid", "ydd"));

    /** Where a language token stands. */
    private enum Place {
        /** Before the source text, naming its language; the target begins with its own. */
        FIRST,
        /** After the source text's end token, naming its language; the target begins with its own. */
        LAST,
        /** Before the source text, naming the target's language (OPUS-MT). */
        TARGET_FIRST
    }

    private final Tokenizer source;
    private final Tokenizer target;
    private final Map<String, Integer> languages;
    private final Place place;

    private TranslationTokenizer(Tokenizer source, Tokenizer target, Map<String, Integer> languages, Place place) {
        this.source = source;
        this.target = target;
        this.languages = Collections.unmodifiableMap(languages);
        this.place = place;
    }

    /**
     * The tokenizers of a model directory: Hugging Face's of every kind {@link Tokenizer#of(Path)} reads, OPUS-MT's two SentencePiece
     * models with their vocab.json, or Marian's {@code vocab.*.spm}, or {@code srcvocab.*.spm} and {@code trgvocab.*.spm}. A file: one
     * tokenizer for both languages.
     */
    public static TranslationTokenizer of(Path directory) {
        if (Files.isDirectory(directory) && !TokenizerFiles.has(directory, "tokenizer.json")) {
            if (TokenizerFiles.has(directory, "source.spm") && TokenizerFiles.has(directory, "target.spm")) {
                return pair(TokenizerFiles.marian(directory, "source.spm"), TokenizerFiles.marian(directory, "target.spm"));
            }
            List<Path> models = TokenizerFiles.marianVocabularies(directory);
            if (models.size() > 1) {
                return pair(Tokenizer.of(models.getFirst()), Tokenizer.of(models.get(1)));
            }
        }
        String name = Files.isDirectory(directory) ? TokenizerFiles.tokenizerClass(directory) : "";
        boolean legacy = Files.isDirectory(directory)
                && TokenizerJson.optionalObject(directory, "tokenizer_config.json").path("legacy_behaviour").asBoolean();
        return of(Tokenizer.of(directory), name, legacy);
    }

    /** The tokenizers of an open model, found as {@link Tokenizer#of(ModelFile)} finds one. */
    public static TranslationTokenizer of(ModelFile file) {
        if (file.metadata().has("tokenizer.ggml.model")) {
            return of(Tokenizer.of(file.metadata()));
        }
        Path source = TokenizerFiles.textPath(file);
        return file.targetTextPath().isPresent() ? pair(Tokenizer.of(source), Tokenizer.of(file.targetTextPath().get())) : of(source);
    }

    /** One tokenizer for both languages, such as a GGUF file's; its language tokens are known by their names. */
    public static TranslationTokenizer of(Tokenizer tokenizer) {
        return of(tokenizer, "", false);
    }

    private static TranslationTokenizer pair(Tokenizer source, Tokenizer target) {
        return new TranslationTokenizer(source, target, named(source, OPUS_LANGUAGE, false), Place.TARGET_FIRST);
    }

    private static TranslationTokenizer of(Tokenizer tokenizer, String className, boolean legacy) {
        Map<String, Integer> languages = named(tokenizer, LANGUAGE, true);
        if (languages.isEmpty()) {
            return new TranslationTokenizer(tokenizer, tokenizer, named(tokenizer, OPUS_LANGUAGE, false), Place.TARGET_FIRST);
        }
        // NLLB's files were written with the language last, which its authors then corrected; Transformers goes by the class, too.
        boolean nllb = languages.keySet().stream().anyMatch(name -> name.matches("[a-z]{3}_[A-Z][a-z]{3}"));
        boolean last = nllb ? legacy
                : className.startsWith("MBart") ? !className.startsWith("MBart50")
                : tokenizer.template().single().getLast() instanceof Part.Special(int token, int _) && languages.containsValue(token);
        return new TranslationTokenizer(tokenizer, tokenizer, languages, last ? Place.LAST : Place.FIRST);
    }

    private static Map<String, Integer> named(Tokenizer tokenizer, Pattern pattern, boolean special) {
        Map<Integer, String> found = new TreeMap<>();
        for (int token = 0; token < tokenizer.vocabularySize(); token++) {
            String piece = tokenizer.piece(token);
            if (special ? !tokenizer.isSpecial(token) : !piece.startsWith(">>")) {
                continue;
            }
            Matcher name = pattern.matcher(piece);
            if (name.matches()) {
                for (int group = 1; group <= name.groupCount(); group++) {
                    if (name.group(group) != null) {
                        found.put(token, name.group(group));
                    }
                }
            }
        }
        Map<String, Integer> languages = new LinkedHashMap<>();
        found.forEach((token, name) -> languages.put(name, token));
        return languages;
    }

    /** For texts of the source language. */
    public Tokenizer source() {
        return source;
    }

    /** For texts of the target language; the same object as {@link #source()} where one serves both. */
    public Tokenizer target() {
        return target;
    }

    /**
     * The languages the model has tokens for, by the names it gives them ({@code pt}, {@code por_Latn}, {@code pt_XX}); empty if
     * it translates one pair of languages. Of an OPUS-MT model these are target languages.
     */
    public List<String> languages() {
        return List.copyOf(languages.keySet());
    }

    /** Whether the source text must say its language, so that {@code from} has a meaning. */
    public boolean namesSourceLanguage() {
        return !languages.isEmpty() && place != Place.TARGET_FIRST;
    }

    /**
     * A source text as the encoder takes it: its tokens, the end token, and the language token the model wants.
     *
     * @param from the language of {@code text}; where the model wants to know it and this is empty, the one its files name
     * @param to   the language to translate into. A text for an OPUS-MT model may instead begin with its token, {@code >>por<<}
     * @throws InvalidRequestException if the model has no such language; the message names those it has
     */
    public Encoding encodeSource(String text, Optional<String> from, Optional<String> to) {
        if (languages.isEmpty()) {
            return source.encode(text);
        }
        if (place != Place.TARGET_FIRST) {
            to.ifPresent(this::token);
            return around(source.pieces(text, false), from.isPresent() ? OptionalInt.of(token(from.get())) : OptionalInt.empty());
        }
        Matcher written = OPUS_LANGUAGE.matcher(text);
        int begun = to.isEmpty() && written.lookingAt() && languages.containsKey(written.group(1)) ? written.end() : 0;
        if (begun == 0 && to.isEmpty()) {
            return source.encode(text);
        }
        int language = begun > 0 ? languages.get(written.group(1)) : token(to.get());
        Encoding pieces = source.pieces(text.substring(begun), false);
        for (int i = 0; i < pieces.length() && begun > 0; i++) {
            pieces.starts()[i] += begun;
            pieces.ends()[i] += begun;
        }
        List<Part> parts = new ArrayList<>(source.template().single());
        parts.addFirst(new Part.Special(language, 0));
        return new SequenceTemplate(parts, List.of()).around(pieces);
    }

    /** {@code pieces} with the source's end token and {@code language}, or the template's own. */
    private Encoding around(Encoding pieces, OptionalInt language) {
        List<Part> parts = new ArrayList<>();
        int written = -1;
        for (Part part : source.template().single()) {
            if (part instanceof Part.Special(int token, int _) && languages.containsValue(token)) {
                written = token;
            } else {
                parts.add(part);
            }
        }
        if (language.isEmpty() && written < 0) {
            throw new InvalidRequestException("this model wants to know the language of the text: name one of " + languages());
        }
        Part.Special token = new Part.Special(language.orElse(written), 0);
        if (place == Place.LAST) {
            parts.addLast(token);
        } else {
            parts.addFirst(token);
        }
        return new SequenceTemplate(parts, List.of()).around(pieces);
    }

    /**
     * The token a translation into {@code to} must begin with; empty if the model wants none.
     *
     * @throws InvalidRequestException if the model has no such language
     */
    public OptionalInt firstTargetToken(String to) {
        return namesSourceLanguage() ? OptionalInt.of(token(to)) : OptionalInt.empty();
    }

    /** A translation's tokens as text, without special tokens. */
    public String decodeTarget(int[] tokens) {
        return target.decode(tokens, false);
    }

    /** A language by the model's name for it, or by an ISO 639 code where just one of its languages has that. */
    private int token(String language) {
        Integer exact = languages.get(language);
        if (exact != null) {
            return exact;
        }
        String wanted = threeLetters(language);
        List<String> similar = languages.keySet().stream()
                .filter(name -> code(name).equals(language.toLowerCase(Locale.ROOT)) || threeLetters(name).equals(wanted)
                        || code(name).equals(MEMBERS.get(wanted)))
                .toList();
        if (similar.size() == 1) {
            return languages.get(similar.getFirst());
        }
        throw new InvalidRequestException("the model does not have the language '" + language + "'"
                + (similar.isEmpty() ? ": it has " + languages() : " just once: name one of " + similar));
    }

    private static String code(String name) {
        int end = name.indexOf('_');
        return (end < 0 ? name : name.substring(0, end)).toLowerCase(Locale.ROOT);
    }

    /** ISO 639-2's code, such as por for pt; what is none stays as it is. */
    private static String threeLetters(String name) {
        try {
            String code = Locale.of(code(name)).getISO3Language();
            return code.isEmpty() ? name : code;
        } catch (MissingResourceException e) {
            return code(name); // the JDK's table is of two-letter codes
        }
    }

    @Override
    public void close() {
        source.close();
        if (target != source) {
            target.close();
        }
    }
}
