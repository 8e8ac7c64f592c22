package org.waterspout.server;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import org.waterspout.error.InvalidRequestException;
import org.waterspout.error.Quoted;
import org.waterspout.error.Reason;

/** The keys that requests may have. Only their SHA-256 is kept, and all of them are compared, each in constant time. */
public final class ApiKeys {

    /** No keys: requests need none. */
    public static final ApiKeys NONE = new ApiKeys(List.of());

    private static final String HASHED = "sha256:";
    private static final String HEX = "[0-9a-fA-F]{64}";
    private static final int SHORTEST = 16;

    private final List<byte[]> hashes;

    private ApiKeys(List<byte[]> hashes) {
        this.hashes = hashes;
    }

    /**
     * Reads a file with a key on each line: itself, or {@code sha256:} and its SHA-256 in 64 hexadecimal digits. Empty lines and those that
     * begin with # say nothing.
     *
     * @throws InvalidRequestException for a file that cannot be read or holds no key, or a key that is too short
     */
    public static ApiKeys read(Path file) {
        List<String> lines;
        try {
            lines = Files.readAllLines(file);
        } catch (IOException failure) {
            throw new InvalidRequestException(Quoted.of(file.toString()) + " cannot be read: " + Reason.of(failure), failure);
        }
        List<byte[]> hashes = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i).strip();
            if (!line.isEmpty() && !line.startsWith("#")) {
                hashes.add(hash(line, Quoted.of(file.toString()) + ", line " + (i + 1)));
            }
        }
        if (hashes.isEmpty()) {
            throw new InvalidRequestException(Quoted.of(file.toString()) + " holds no key: write one on a line, of " + SHORTEST
                    + " characters or more");
        }
        return new ApiKeys(List.copyOf(hashes));
    }

    /** These keys, as they are sent. */
    public static ApiKeys of(List<String> keys) {
        return new ApiKeys(keys.stream().map(key -> hash(key, "the list of keys")).toList());
    }

    private static byte[] hash(String line, String where) {
        if (line.toLowerCase(Locale.ROOT).startsWith(HASHED)) {
            String hex = line.substring(HASHED.length());
            if (!hex.matches(HEX)) {
                throw new InvalidRequestException(where + ": behind " + HASHED + " must stand 64 hexadecimal digits");
            }
            return HexFormat.of().parseHex(hex);
        }
        if (line.length() < SHORTEST) {
            throw new InvalidRequestException(where + ": a key has " + line.length() + " characters; it must have " + SHORTEST
                    + " or more");
        }
        return sha256(line);
    }

    private static byte[] sha256(String text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /** Whether requests need a key. */
    public boolean areNeeded() {
        return !hashes.isEmpty();
    }

    /** Whether {@code key} is one of them. */
    boolean hold(String key) {
        byte[] hash = sha256(key);
        boolean found = false;
        for (byte[] known : hashes) {
            found |= MessageDigest.isEqual(known, hash);
        }
        return found;
    }

    /** How many, and nothing of what they are. */
    @Override
    public String toString() {
        return hashes.size() + " keys";
    }
}
