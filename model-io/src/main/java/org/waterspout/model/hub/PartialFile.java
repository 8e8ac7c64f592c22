package org.waterspout.model.hub;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.waterspout.error.DownloadException;
import org.waterspout.error.Reason;

/**
 * The beginning of a file that is being downloaded, kept beside its final place as NAME.part until it is whole; NAME.part.tag
 * says which content it is the beginning of. Locked while open, so that two downloads do not write one file.
 */
final class PartialFile implements AutoCloseable {

    private static final int PIECE = 1 << 20;
    /** Left free for everything else that writes to the disk. */
    private static final long SPARE_BYTES = 16L << 20;

    private final Path target;
    private final Path part;
    private final Path tagFile;
    // not a FileChannel, which an interrupt would close in the middle of writing
    private final RandomAccessFile file;

    private PartialFile(Path target, Path part, Path tagFile, RandomAccessFile file) {
        this.target = target;
        this.part = part;
        this.tagFile = tagFile;
        this.file = file;
    }

    /**
     * What tells one content from another.
     *
     * @param sha256 of the whole file
     * @param etag   a strong one, as the server that has the data gave it, quotes included
     */
    record Tag(Optional<String> sha256, Optional<String> etag) {

        boolean none() {
            return sha256.isEmpty() && etag.isEmpty();
        }
    }

    static PartialFile open(Path target) {
        Path part = target.resolveSibling(target.getFileName() + ".part");
        Path tagFile = target.resolveSibling(target.getFileName() + ".part.tag");
        try {
            Files.createDirectories(target.getParent());
            RandomAccessFile file = new RandomAccessFile(part.toFile(), "rw");
            FileLock lock = tryLock(file);
            if (lock == null) {
                file.close();
                throw new DownloadException(target + " is being downloaded by another process; wait for it");
            }
            return new PartialFile(target, part, tagFile, file);
        } catch (IOException failure) {
            throw disk("cannot write " + part, failure);
        }
    }

    private static FileLock tryLock(RandomAccessFile file) throws IOException {
        try {
            return file.getChannel().tryLock();
        } catch (OverlappingFileLockException heldByThisProcess) {
            return null;
        }
    }

    long length() {
        try {
            return file.length();
        } catch (IOException failure) {
            throw disk("cannot read " + part, failure);
        }
    }

    /** The tag this beginning was stored with; an empty one if none was. */
    Tag tag() {
        try {
            if (!Files.exists(tagFile)) {
                return new Tag(Optional.empty(), Optional.empty());
            }
            List<String> lines = Files.readAllLines(tagFile);
            return lines.size() == 2 ? new Tag(text(lines.get(0)), text(lines.get(1)))
                    : new Tag(Optional.empty(), Optional.empty());
        } catch (IOException failure) {
            throw disk("cannot read " + tagFile, failure);
        }
    }

    void tag(Tag tag) {
        try {
            Files.write(tagFile, List.of(tag.sha256.orElse(""), tag.etag.orElse("")));
        } catch (IOException failure) {
            throw disk("cannot write " + tagFile, failure);
        }
    }

    private static Optional<String> text(String line) {
        return line.isBlank() ? Optional.empty() : Optional.of(line);
    }

    /** Forgets all but the first {@code bytes}. */
    void truncate(long bytes) {
        try {
            if (bytes < file.length()) {
                file.setLength(bytes);
            }
        } catch (IOException failure) {
            throw disk("cannot write " + part, failure);
        }
    }

    void append(byte[] piece, int length) {
        try {
            file.seek(file.length());
            file.write(piece, 0, length);
        } catch (IOException failure) {
            throw disk("cannot write " + part, failure);
        }
    }

    void checkRoom(long missing) {
        try {
            long free = Files.getFileStore(part).getUsableSpace();
            if (free < missing + SPARE_BYTES) {
                throw new DownloadException(target.getFileName() + " needs " + megabytes(missing) + " more and "
                        + target.getParent() + " has " + megabytes(free)
                        + " free; make room, or set WATERSPOUT_HOME to a folder on another disk");
            }
        } catch (IOException failure) {
            throw disk("cannot tell how much room there is in " + target.getParent(), failure);
        }
    }

    static String megabytes(long bytes) {
        return (bytes + 999_999) / 1_000_000 + " MB";
    }

    boolean beginsWith(byte[] beginning) {
        try {
            if (file.length() < beginning.length) {
                return false;
            }
            byte[] start = new byte[beginning.length];
            file.seek(0);
            file.readFully(start);
            return Arrays.equals(start, beginning);
        } catch (IOException failure) {
            throw disk("cannot read " + part, failure);
        }
    }

    String sha256() {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            byte[] piece = new byte[PIECE];
            file.seek(0);
            for (int read; (read = file.read(piece)) >= 0; ) {
                digest.update(piece, 0, read);
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (IOException failure) {
            throw disk("cannot read " + part, failure);
        } catch (NoSuchAlgorithmException missing) {
            throw new IllegalStateException("every Java platform has SHA-256", missing);
        }
    }

    /** Makes it the file it was downloaded for. */
    void complete() {
        try {
            file.getFD().sync();
            Files.move(part, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            Files.deleteIfExists(tagFile);
        } catch (IOException failure) {
            throw disk("cannot move " + part + " to its place", failure);
        }
    }

    /** Lets go of the file; one without content or of unknown content is removed, as nothing could be resumed. */
    @Override
    public void close() {
        try (file) {
            if (Files.exists(part) && (file.length() == 0 || tag().none())) {
                Files.deleteIfExists(part);
                Files.deleteIfExists(tagFile);
            }
        } catch (IOException failure) {
            throw disk("cannot tidy up " + part, failure);
        }
    }

    private static DownloadException disk(String what, IOException failure) {
        return new DownloadException(what + " (" + Reason.of(failure)
                + "); check that the disk has room and the folder may be written to", failure);
    }
}
