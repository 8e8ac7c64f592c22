package org.waterspout.model.text.sentencepiece;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import org.waterspout.error.ModelFormatException;
import org.waterspout.error.ModelNotFoundException;
import org.waterspout.error.UnsupportedModelException;
import org.waterspout.model.text.subword.Vocabulary;

/**
 * What a SentencePiece model file says (sentencepiece_model.proto: pieces in field 1, the trainer's settings in 2, the normalizer's
 * in 3).
 *
 * @param source       where it came from, for messages
 * @param kind         how text is cut
 * @param pieces       [pieces] as the file writes them
 * @param scores       [pieces] logarithms of probabilities, or ranks of merges
 * @param kinds        [pieces]
 * @param byteFallback whether characters that no piece has become their bytes' pieces
 * @param rules        how text is normalized
 * @param bosPiece     name of the token that begins a text, if it is among the pieces
 * @param eosPiece     name of the token that ends a text, if it is among the pieces
 * @param padPiece     name of the token that fills, if it is among the pieces
 */
public record SentencePieceModel(String source, Kind kind, List<String> pieces, float[] scores, List<Vocabulary.Kind> kinds,
        boolean byteFallback, Rules rules, String bosPiece, String eosPiece, String padPiece) {

    public enum Kind { UNIGRAM, BPE }

    /**
     * How text becomes what is cut.
     *
     * @param characterMap          precompiled, or empty
     * @param addDummyPrefix        whether a space is put before (or after) the text
     * @param removeExtraWhitespace whether spaces at the ends go, and of several in a row all but one
     * @param escapeWhitespace      whether a space is written U+2581
     * @param spaceIsSuffix         whether the space belongs to the word before it
     */
    public record Rules(byte[] characterMap, boolean addDummyPrefix, boolean removeExtraWhitespace, boolean escapeWhitespace,
            boolean spaceIsSuffix) { }

    public SentencePieceModel {
        if (pieces.isEmpty() || pieces.size() != kinds.size() || scores.length != kinds.size()) {
            throw new ModelFormatException(source + " has " + pieces.size() + " tokens, " + scores.length + " scores and "
                    + kinds.size() + " token types");
        }
        for (float score : scores) {
            if (Float.isNaN(score)) {
                throw new ModelFormatException(source + " has a score that is no number");
            }
        }
    }

    /** @throws ModelFormatException if the file is no sound model */
    public static SentencePieceModel read(Path file) {
        if (!Files.isRegularFile(file)) {
            throw new ModelNotFoundException("there is no file " + file + ": give the path of a SentencePiece model");
        }
        try {
            return read(Files.readAllBytes(file), file.toString());
        } catch (IOException e) {
            throw new ModelFormatException(file + " cannot be read", e);
        }
    }

    public static SentencePieceModel read(byte[] bytes, String source) {
        List<String> pieces = new ArrayList<>();
        List<Vocabulary.Kind> kinds = new ArrayList<>();
        float[] scores = new float[1024];
        Trainer trainer = new Trainer();
        byte[] characterMap = {};
        boolean[] flags = {true, true, true};
        ProtobufCursor file = new ProtobufCursor(bytes, source);
        for (int field = file.next(); field != 0; field = file.next()) {
            switch (field) {
                case 1 -> {
                    if (pieces.size() == scores.length) {
                        scores = Arrays.copyOf(scores, 2 * scores.length);
                    }
                    scores[pieces.size()] = piece(file.message(), pieces, kinds, source);
                }
                case 2 -> trainer.read(file.message());
                case 3 -> characterMap = normalizer(file.message(), flags);
                case 5 -> {
                    if (normalizer(file.message(), new boolean[3]).length > 0) {
                        throw new UnsupportedModelException(source + " asks for a denormalizer, which is not built: use a model "
                                + "without one");
                    }
                }
                default -> file.skip();
            }
        }
        return new SentencePieceModel(source, trainer.kind(source), pieces, Arrays.copyOf(scores, pieces.size()), kinds,
                trainer.byteFallback, new Rules(characterMap, flags[0], flags[1], flags[2], trainer.spaceIsSuffix),
                trainer.bosPiece, trainer.eosPiece, trainer.padPiece);
    }

    /** The score of a piece whose name and kind are appended. */
    private static float piece(ProtobufCursor message, List<String> pieces, List<Vocabulary.Kind> kinds, String source) {
        String piece = "";
        float score = 0;
        int type = 1;
        for (int field = message.next(); field != 0; field = message.next()) {
            switch (field) {
                case 1 -> piece = message.string();
                case 2 -> score = message.number();
                case 3 -> type = message.integer();
                default -> message.skip();
            }
        }
        Vocabulary.Kind[] known = Vocabulary.Kind.values();
        if (type < 1 || type >= known.length) {
            throw new ModelFormatException(source + " has a piece of type " + type + ": types are 1 to " + (known.length - 1));
        }
        pieces.add(piece);
        kinds.add(known[type]);
        return score;
    }

    private static byte[] normalizer(ProtobufCursor message, boolean[] flags) {
        byte[] characterMap = {};
        for (int field = message.next(); field != 0; field = message.next()) {
            switch (field) {
                case 2 -> characterMap = message.bytes();
                case 3, 4, 5 -> flags[field - 3] = message.flag();
                default -> message.skip();
            }
        }
        return characterMap;
    }

    /** The trainer's settings that encoding needs, with the defaults of the file format. */
    private static final class Trainer {
        private int modelType = 1;
        private boolean byteFallback;
        private boolean spaceIsSuffix;
        private String bosPiece = "<s>";
        private String eosPiece = "</s>";
        private String padPiece = "<pad>";

        void read(ProtobufCursor message) {
            for (int field = message.next(); field != 0; field = message.next()) {
                switch (field) {
                    case 3 -> modelType = message.integer();
                    case 24 -> spaceIsSuffix = message.flag();
                    case 35 -> byteFallback = message.flag();
                    case 46 -> bosPiece = message.string();
                    case 47 -> eosPiece = message.string();
                    case 48 -> padPiece = message.string();
                    default -> message.skip();
                }
            }
        }

        Kind kind(String source) {
            return switch (modelType) {
                case 1 -> Kind.UNIGRAM;
                case 2 -> Kind.BPE;
                default -> throw new UnsupportedModelException(source + " is a SentencePiece model of type " + modelType
                        + " (words or characters), which is not built: use a unigram or BPE model");
            };
        }
    }

    /** The piece that is a control token and is written {@code name}. */
    public OptionalInt control(String name) {
        int piece = pieces.indexOf(name);
        return piece >= 0 && kinds.get(piece) == Vocabulary.Kind.CONTROL ? OptionalInt.of(piece) : OptionalInt.empty();
    }

    /** The piece for what no other piece can write. */
    public int unknown() {
        int piece = kinds.indexOf(Vocabulary.Kind.UNKNOWN);
        if (piece < 0) {
            throw new ModelFormatException(source + " has no piece for unknown characters");
        }
        return piece;
    }
}
