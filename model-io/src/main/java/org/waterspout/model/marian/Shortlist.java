package org.waterspout.model.marian;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.BitSet;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.ModelFormatException;
import org.waterspout.error.ModelNotFoundException;
import org.waterspout.model.MappedFile;
import org.waterspout.model.Numbers;

/**
 * For each token of the source those of the target that are likely in its translation (a lexical shortlist of Marian, lex.*.bin). Logits
 * of other tokens need not be computed. Layout: Marian's src/data/shortlist.h, BinaryShortlistGenerator.
 */
public final class Shortlist {

    private static final long MAGIC = 0xF11A48D5013417F5L;
    private static final int HEADER_WORDS = 6;

    private final int frequent;
    private final long[] offsets;
    private final int[] ids;

    private Shortlist(int frequent, long[] offsets, int[] ids) {
        this.frequent = frequent;
        this.offsets = offsets;
        this.ids = ids;
    }

    /**
     * Reads the file into memory and checks it.
     *
     * @param sourceVocabulary tokens of the source
     * @param targetVocabulary tokens of the target
     * @throws ModelNotFoundException if it is not there or may not be read
     * @throws ModelFormatException   if it is truncated, corrupt, or made for other vocabularies
     */
    public static Shortlist open(Path path, int sourceVocabulary, int targetVocabulary) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment file = MappedFile.map(path, arena);
            if (file.byteSize() < HEADER_WORDS * Long.BYTES || word(file, 0) != MAGIC) {
                throw new ModelFormatException(path + " is no shortlist of Marian; get the file again, or leave it out");
            }
            long frequent = word(file, 2);
            long offsets = word(file, 4);
            long count = word(file, 5);
            if (offsets < 1 || offsets > Integer.MAX_VALUE || count < 0 || count > Integer.MAX_VALUE
                    || file.byteSize() != HEADER_WORDS * Long.BYTES + Long.BYTES * offsets + Integer.BYTES * count) {
                throw corrupt(path, "its " + file.byteSize() + " bytes are not those of " + Long.toUnsignedString(offsets) + " lists of "
                        + Long.toUnsignedString(count) + " tokens");
            }
            if (checksum(file) != word(file, 1)) {
                throw corrupt(path, "its checksum is wrong");
            }
            if (offsets != sourceVocabulary + 1L || frequent < 0 || frequent > targetVocabulary) {
                throw new ModelFormatException(path + " is a shortlist for " + (offsets - 1)
                        + " source tokens, not for the vocabularies of " + sourceVocabulary + " and " + targetVocabulary
                        + "; get the one that belongs to the model");
            }
            long idsAt = HEADER_WORDS * Long.BYTES + Long.BYTES * offsets;
            Shortlist shortlist = new Shortlist((int) frequent,
                    file.asSlice(HEADER_WORDS * Long.BYTES, Long.BYTES * offsets).toArray(Numbers.LONG),
                    file.asSlice(idsAt).toArray(Numbers.INT));
            shortlist.check(path, targetVocabulary);
            return shortlist;
        }
    }

    private void check(Path path, int targetVocabulary) {
        if (offsets[0] != 0 || offsets[offsets.length - 1] != ids.length) {
            throw corrupt(path, "its lists do not cover its tokens");
        }
        for (int i = 1; i < offsets.length; i++) {
            if (offsets[i] < offsets[i - 1]) {
                throw corrupt(path, "the list of token " + (i - 1) + " ends before it begins");
            }
        }
        for (int id : ids) {
            if (id < 0 || id >= targetVocabulary) {
                throw corrupt(path, "it lists token " + Integer.toUnsignedString(id) + " of " + targetVocabulary);
            }
        }
    }

    /** As Marian's: over all words after the first two; bytes that fill no word are left out. */
    private static long checksum(MemorySegment file) {
        long hash = 0;
        long words = file.byteSize() / Long.BYTES;
        for (long i = 2; i < words; i++) {
            hash ^= word(file, i) + 0x9e3779b9L + (hash << 6) + (hash >>> 2);
        }
        return hash;
    }

    private static long word(MemorySegment file, long index) {
        return file.get(Numbers.LONG, index * Long.BYTES);
    }

    private static ModelFormatException corrupt(Path path, String reason) {
        return new ModelFormatException(path + " is truncated or corrupt: " + reason + "; get the file again, or leave it out");
    }

    /**
     * The tokens worth a logit for a source: the most frequent ones and those of each source token, without doubles, ascending.
     *
     * @param source tokens of the source, its end included; of a batch, those of all
     * @throws InvalidRequestException if one is not in the vocabulary
     */
    public int[] candidates(int[] source) {
        BitSet likely = new BitSet();
        likely.set(0, frequent);
        for (int token : source) {
            if (token < 0 || token >= offsets.length - 1) {
                throw new InvalidRequestException("token " + token + " is not one of the shortlist's " + (offsets.length - 1));
            }
            for (int i = (int) offsets[token]; i < offsets[token + 1]; i++) {
                likely.set(ids[i]);
            }
        }
        return likely.stream().toArray();
    }
}
