// SPDX-License-Identifier: Apache-2.0
package launcher;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A daemon of this checkout, as {@code ./vfio run} starts it, over the guest's own functions. Commands are sent to it from
 * this process: to start a JVM for each takes seconds under emulation. Closed, it must end by itself with 0.
 */
public final class GuestDaemon implements AutoCloseable {
    private static final Path RESULTS = Path.of("/run/results");
    private static final String CHECKOUT = System.getProperty("guest.checkout");

    private static final String DRIVERS = ".drivers";

    private final Path directory;
    private final Process process;

    /** What a command said. */
    public record Said(int status, String out, String err) {
        /** What it printed, where it did what it was told. */
        public String ok() {
            assertEquals(0, status, err + out);
            return out;
        }
    }

    private GuestDaemon(Path directory, Process process) {
        this.directory = directory;
        this.process = process;
    }

    /**
     * Starts one and awaits that it is ready. Its log is kept under its directory's name.
     *
     * @param words properties of its system, such as {@code -Dname=value}, and settings, such as {@code --set=PID:KEY=VALUE}
     */
    public static GuestDaemon start(Path directory, String... words) throws IOException {
        List<String> command = new ArrayList<>(List.of(CHECKOUT + "/vfio", "run", "--bus=linux",
                "--drivers=" + directory + DRIVERS,
                "--set=vfio.hardware.linux:modules=" + System.getProperty("guest.modules")));
        Stream.of(words).filter(word -> word.startsWith("--")).forEach(command::add);
        Path log = RESULTS.resolve("daemon-" + directory.getFileName());
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().put("VFIO_DIR", directory.toString());
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        builder.environment().put("VFIO_JAVA_OPTS",
                Stream.of(words).filter(word -> word.startsWith("-D")).collect(Collectors.joining(" ")));
        GuestDaemon daemon = new GuestDaemon(directory, builder.start());
        await().atMost(Duration.ofSeconds(90)).until(() -> !daemon.process.isAlive() || text(log).contains("ready:"));
        assertTrue(daemon.process.isAlive(), () -> "the daemon ended: " + text(log));
        return daemon;
    }

    private static String text(Path log) {
        try {
            return new String(Files.readAllBytes(log), StandardCharsets.UTF_8);
        } catch (IOException e) {
            return e.toString();
        }
    }

    /** Sends a command, as {@code ./vfio} does. */
    public Said say(String... words) {
        return say(directory, words);
    }

    /** Sends a command to the daemon of a run directory, whoever has started it. */
    public static Said say(Path directory, String... words) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        try {
            int status = new Client(Terminal.NONE, TextOutput.to(out), TextOutput.to(err)).run(directory, List.of(words));
            return new Said(status, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
        } catch (IOException | LaunchException | InterruptedException e) {
            throw new AssertionError(String.join(" ", words), e);
        }
    }

    /** The folder of its driver bundles. */
    public Path drivers() {
        return Path.of(directory + DRIVERS);
    }

    /** The jar of a bundle in a folder of the checkout. */
    public static Path built(String folder, String bundle) throws IOException {
        try (Stream<Path> files = Files.list(Path.of(CHECKOUT, folder))) {
            return files.filter(file -> file.getFileName().toString().matches(bundle + "-[0-9][^-]*(-SNAPSHOT)?[.]jar"))
                    .findFirst().orElseThrow(() -> new AssertionError("no " + bundle + " in " + folder));
        }
    }

    /** Makes a jar that is the same bundle but for its version, as its vendor would have built it. */
    public static Path version(Path jar, String version) throws IOException {
        return new DriverBuilds(jar, "version", Files.createTempDirectory("version")).make(version);
    }

    /** Puts a bundle there, as an operator who knows that half a jar may be seen: under another name first. */
    public void place(Path jar, String name) throws IOException {
        Path part = drivers().resolve(name + ".part");
        Files.copy(jar, part, StandardCopyOption.REPLACE_EXISTING);
        Files.move(part, drivers().resolve(name), StandardCopyOption.ATOMIC_MOVE);
    }

    /** Awaits that events with this text have come so many times. */
    public void awaitEvents(String text, long count) {
        await().atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofMillis(200)).untilAsserted(() -> {
            String all = say("events").ok();
            assertTrue(count(all, text) >= count, () -> "events with '" + text + "' are not " + count + ":\n" + all);
        });
    }

    /** How many events have this text. */
    public long events(String text) {
        return count(say("events").ok(), text);
    }

    private static long count(String events, String text) {
        return events.lines().filter(line -> line.contains(text)).count();
    }

    public long pid() {
        return process.pid();
    }

    /** As {@code kill -9} ends it. */
    public void kill() {
        process.destroyForcibly().onExit().join();
    }

    @Override
    public void close() {
        say("stop").ok();
        assertEquals(0, process.onExit().join().exitValue());
    }
}
