package org.waterspout;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.waterspout.TranslationOptions.Splitting;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.ModelFormatException;
import org.waterspout.error.TooLongException;
import org.waterspout.generate.GenerationConfig;
import org.waterspout.model.ModelFile;
import org.waterspout.model.architecture.Architecture;
import org.waterspout.model.text.Sentences;
import org.waterspout.model.text.Sentences.Piece;
import org.waterspout.model.text.Tokenizer;
import org.waterspout.model.text.TranslationTokenizer;
import org.waterspout.runtime.EncoderDecoder;

/** A translation model's text: its tokenizers, made when the first text comes, its languages, and how texts become pieces. */
final class TranslationText implements AutoCloseable {

    private final ModelFile file;
    private final Architecture architecture;
    private TranslationTokenizer tokenizer;

    TranslationText(ModelFile file, Architecture architecture) {
        this.file = file;
        this.architecture = architecture;
    }

    /** What every target begins with. */
    static int start(ModelFile file, Architecture architecture) {
        return file.metadata().optionalInteger(architecture.family() + ".decoder_start_token_id")
                .orElseGet(() -> file.metadata().optionalInteger("tokenizer.ggml.bos_token_id").orElseThrow(() -> new ModelFormatException(
                        "the model file does not say what a target begins with: metadata key " + architecture.family()
                                + ".decoder_start_token_id is missing")));
    }

    /** Tokens that end a target. */
    static Set<Integer> ends(ModelFile file) {
        file.metadata().integer("tokenizer.ggml.eos_token_id"); // must be said
        return LoadedModel.statedEnds(file.metadata());
    }

    private synchronized TranslationTokenizer tokenizer() {
        if (tokenizer == null) {
            if (file.metadata().has("tokenizer.ggml.model")) {
                tokenizer = TranslationTokenizer.of(Tokenizer.of(file.metadata()));
            } else {
                Path path = file.textPath().orElseThrow(() -> LoadedModel.withoutTokenizer(file));
                // two vocabularies are found in the folder
                tokenizer = TranslationTokenizer.of(file.targetTextPath().isPresent() ? path.toAbsolutePath().getParent() : path);
            }
        }
        return tokenizer;
    }

    List<String> languages() {
        return tokenizer().languages();
    }

    String decode(int[] tokens) {
        return tokenizer().decodeTarget(tokens);
    }

    /** How texts are taken in one call. */
    Form form(TranslationOptions options, int sourceLength) {
        requireLanguages(options);
        int max = Math.min(sourceLength, file.metadata().integerOr("generation.max_source_tokens", sourceLength));
        return new Form(tokenizer(), options, options.splitting() == Splitting.NEVER ? sourceLength : max, locale(options));
    }

    private void requireLanguages(TranslationOptions options) {
        boolean asked = options.from().isPresent() || options.to().isPresent();
        if (!asked) {
            if (tokenizer().namesSourceLanguage() && !file.metadata().has("generation.forced_bos_token_id")) {
                throw new InvalidRequestException("this model wants to know the language to translate into: one of "
                        + tokenizer().languages());
            }
            return;
        }
        if (architecture.toldByPrefix()) {
            throw new InvalidRequestException("models of the family " + architecture.family()
                    + " know no languages by name: say what to do in a prefix, such as "
                    + "\"translate English to German: \", and leave the languages out");
        }
        requireOfPair(options.from(), "source");
        requireOfPair(options.to(), "target");
        if (options.to().isPresent() && tokenizer().languages().isEmpty() && !file.metadata().has("translation.target_language")) {
            throw new InvalidRequestException("the model translates into one language, whose name is not known here: leave out"
                    + " the language '" + options.to().get() + "'");
        }
    }

    /** A model of one pair of languages whose file says which they are has no others. */
    private void requireOfPair(Optional<String> asked, String side) {
        Optional<String> known = file.metadata().optionalString("translation." + side + "_language");
        if (asked.isPresent() && known.isPresent() && tokenizer().languages().isEmpty() && !sameLanguage(asked.get(), known.get())) {
            throw new InvalidRequestException("the model does not have the " + side + " language '" + asked.get() + "': it has "
                    + known.get());
        }
    }

    private static boolean sameLanguage(String asked, String known) {
        return Locale.forLanguageTag(asked.replace('_', '-')).getLanguage().equals(Locale.forLanguageTag(known).getLanguage());
    }

    private Locale locale(TranslationOptions options) {
        return options.from().or(() -> file.metadata().optionalString("translation.source_language"))
                .map(name -> Locale.forLanguageTag(name.replace('_', '-'))).orElse(Locale.ROOT);
    }

    /**
     * How texts become tokens.
     *
     * @param maxTokens of a piece, its special tokens counted
     */
    record Form(TranslationTokenizer tokenizer, TranslationOptions options, int maxTokens, Locale locale) {

        /** {@code text} in pieces that the model reads. */
        List<Piece> pieces(String text) {
            if (text.isBlank()) {
                return List.of(new Piece("", ""));
            }
            boolean split = switch (options.splitting()) {
                case NEVER -> false;
                case SENTENCES -> true;
                case LONG -> text.strip().lines().count() > 1 || tokens(text).length > maxTokens;
            };
            if (!split) {
                return List.of(new Piece(text, ""));
            }
            int around = tokens("").length;
            if (around >= maxTokens) {
                throw new TooLongException("the prefix has " + around + " tokens, its special ones counted, the model reads " + maxTokens
                        + ", and the text needs room, too: shorten it");
            }
            return Sentences.of(text, locale, this::count, maxTokens - around);
        }

        private int count(String piece) {
            EncoderDecoder.refuseIfInterrupted();
            return tokenizer.source().encode(piece, false).length;
        }

        /** A piece as the encoder takes it. */
        int[] tokens(String piece) {
            return tokenizer.encodeSource(options.prefix() + piece, options.from(), options.to()).tokens();
        }

        /** {@code how} with the token that a target in the asked language begins with. */
        GenerationConfig config(GenerationConfig how) {
            OptionalInt first = options.to().map(tokenizer::firstTargetToken).orElse(OptionalInt.empty());
            return first.isPresent() ? how.withRules(how.rules().withForced(first, how.rules().lastTokens())) : how;
        }
    }

    @Override
    public synchronized void close() {
        if (tokenizer != null) {
            tokenizer.close();
        }
    }
}
