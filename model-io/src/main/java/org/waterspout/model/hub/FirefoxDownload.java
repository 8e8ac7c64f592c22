package org.waterspout.model.hub;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.waterspout.error.DownloadException;
import org.waterspout.error.Reason;
import org.waterspout.model.marian.MarianFile;

/**
 * Puts the files of one of Firefox's models into a folder, all of one version: they are fetched and unpacked in FOLDER.part, which takes
 * the folder's place when all are there and right. The registry's entry lies beside them.
 */
final class FirefoxDownload {

    private static final String ENTRY = "registry.json";
    private static final long MAX_BYTES = 2L << 30;
    private static final int PIECE = 1 << 16;

    /** What Firefox itself runs its models with (toolkit/components/translations, the worker's configuration); files do not say it. */
    private static final String SETTINGS = """
            beam-size: 1
            normalize: 1.0
            word-penalty: 0
            max-length-break: 128
            max-length-factor: 2.0
            """;

    private FirefoxDownload() {
    }

    /** @throws DownloadException if it cannot be had, or is something else than the registry says */
    static void fetch(FirefoxModel model, ModelDownload download, Path folder, DownloadProgress progress) {
        FirefoxModel.Release release = download.release(model);
        Path work = folder.resolveSibling(folder.getFileName() + ".part");
        try {
            if (holds(folder, release) && MarianFile.in(folder).isPresent()) {
                return;
            }
            if (!holds(work, release)) {
                delete(work);
                Files.createDirectories(work);
                Files.writeString(work.resolve(ENTRY), release.entry());
            }
            for (FirefoxModel.Part part : release.parts()) {
                Path packed = packed(work, part);
                if (!Files.exists(packed)) {
                    download.fetch(part.packed(), packed, progress);
                }
                unpack(part, packed, work.resolve(part.name()));
            }
            Files.writeString(work.resolve("decoder.yml"), SETTINGS);
            for (FirefoxModel.Part part : release.parts()) {
                Files.delete(packed(work, part));
            }
            delete(folder);
            Files.move(work, folder, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException failure) {
            throw new DownloadException(model.name() + " cannot be kept in " + folder + ": " + Reason.of(failure) + "; check the disk",
                    failure);
        }
    }

    private static Path packed(Path work, FirefoxModel.Part part) {
        return work.resolve(part.name() + ".gz");
    }

    private static boolean holds(Path folder, FirefoxModel.Release release) throws IOException {
        return Files.exists(folder.resolve(ENTRY)) && Files.readString(folder.resolve(ENTRY)).equals(release.entry());
    }

    /** The sum of gzip itself is checked for every file, length and SHA-256 for those of which the registry says them. */
    private static void unpack(FirefoxModel.Part part, Path packed, Path target) throws IOException {
        long max = part.content().map(ModelReference.Content::bytes).orElse(MAX_BYTES);
        MessageDigest digest = sha256();
        long bytes = 0;
        try (InputStream in = new GZIPInputStream(Files.newInputStream(packed), PIECE);
                OutputStream out = new DigestOutputStream(Files.newOutputStream(target), digest)) {
            byte[] piece = new byte[PIECE];
            for (int read; bytes <= max && (read = in.read(piece)) >= 0; ) {
                out.write(piece, 0, read);
                bytes += read;
            }
        } catch (ZipException | EOFException damaged) {
            throw wrong(part, packed, target, "is no sound gzip file", damaged);
        }
        if (bytes > max) {
            throw wrong(part, packed, target, "has more than " + max + " bytes once unpacked", null);
        }
        if (part.content().isPresent() && !(bytes == max && HexFormat.of().formatHex(digest.digest())
                .equals(part.content().get().sha256()))) {
            throw wrong(part, packed, target, "is not what the registry says (" + bytes + " bytes, or the SHA-256, differ)", null);
        }
    }

    private static DownloadException wrong(FirefoxModel.Part part, Path packed, Path target, String what, Exception cause)
            throws IOException {
        Files.deleteIfExists(packed);
        Files.deleteIfExists(target);
        return new DownloadException(part.packed().name() + " " + what + ", and was thrown away; try again, or another network", cause);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException missing) {
            throw new IllegalStateException("every Java platform has SHA-256", missing);
        }
    }

    private static void delete(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        List<Path> all;
        try (Stream<Path> files = Files.walk(folder)) {
            all = files.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path path : all) {
            Files.delete(path);
        }
    }
}
