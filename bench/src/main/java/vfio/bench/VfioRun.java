// SPDX-License-Identifier: Apache-2.0
package vfio.bench;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A daemon as {@code ./vfio run} starts it, in a run directory of its own; closing it stops it. */
final class VfioRun implements AutoCloseable {
    private static final long LIMIT_NANOS = TimeUnit.SECONDS.toNanos(120);
    private static final long POLL_MILLIS = 2;
    private static final long STOP_SECONDS = 60;

    private final Path directory;
    private final Path drivers;
    private final Path log;
    private final Process process;
    private final long started;

    /**
     * Starts a daemon and returns at once.
     *
     * @param bundles the driver bundles in its folder from the start
     */
    VfioRun(Place place, List<String> bundles, String... options) throws IOException {
        this(place, bundles, List.of(), options);
    }

    /**
     * Starts a daemon, and returns at once.
     *
     * @param java options for its Java
     */
    VfioRun(Place place, List<String> bundles, List<String> java, String... options) throws IOException {
        directory = place.folder("run");
        drivers = place.folder("drivers");
        log = Files.createTempFile(place.temporary(), "daemon", ".log");
        for (String bundle : bundles) {
            Path jar = place.driver(bundle);
            Files.copy(jar, drivers.resolve(jar.getFileName()));
        }
        List<String> command = new ArrayList<>(List.of(place.home().resolve("vfio").toString(), "run", "--dir",
                directory.toString(), "--drivers", drivers.toString()));
        command.addAll(List.of(options));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile())
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
        if (!java.isEmpty()) {
            builder.environment().put("VFIO_JAVA_OPTS", String.join(" ", java));
        }
        started = System.nanoTime();
        process = builder.start();
    }

    Path directory() {
        return directory;
    }

    Path drivers() {
        return drivers;
    }

    /** Waits until every function is bound; milliseconds since the process was started. */
    double awaitBound(int least) throws IOException, InterruptedException {
        while (true) {
            JsonObject status = status();
            long now = System.nanoTime();
            if (status != null && status.get("matching").getAsBoolean() && status.get("wanted").getAsInt() == 0
                    && status.get("functions").getAsInt() >= least
                    && status.get("bound").getAsInt() == status.get("functions").getAsInt()) {
                return (now - started) / 1e6;
            }
            await(status);
        }
    }

    /** Waits until buses and drivers have settled, whatever is bound. */
    void awaitMatching() throws IOException, InterruptedException {
        for (JsonObject status = status(); status == null || !status.get("matching").getAsBoolean(); status = status()) {
            await(status);
        }
    }

    /** Puts all functions under auto, once they are there; milliseconds until all are bound. */
    double bindAll(int least) throws IOException, InterruptedException {
        awaitMatching();
        long ordered = System.nanoTime();
        ControlClient.ask(directory, "policy", "*", "auto", "--json");
        double bound = awaitBound(least);
        return bound - (ordered - started) / 1e6;
    }

    private void await(JsonObject status) throws IOException, InterruptedException {
        if (!process.isAlive() || System.nanoTime() - started > LIMIT_NANOS) {
            throw new IOException("the daemon " + (process.isAlive() ? "did not get there in 120 s, its status is " + status
                    : "ended with " + process.exitValue()) + "; its log ends: " + tail());
        }
        Thread.sleep(POLL_MILLIS);
    }

    /** What {@code status} says, null while nobody answers. */
    private JsonObject status() {
        try {
            JsonObject answer = JsonParser.parseString(ControlClient.ask(directory, "status", "--json")).getAsJsonObject();
            return answer.has("status") ? answer.getAsJsonObject("status") : answer;
        } catch (IOException e) {
            return null; // not yet; `await` has the limit
        }
    }

    private String tail() throws IOException {
        List<String> lines = Files.readAllLines(log);
        return String.join(" | ", lines.subList(Math.max(0, lines.size() - 5), lines.size()));
    }

    /** The Java process: the script's own, as it ends in exec, else the one below it. */
    long pid() {
        return Stream.concat(Stream.of(process.toHandle()), process.descendants())
                .filter(handle -> handle.info().command().filter(command -> command.endsWith("/java")).isPresent())
                .findFirst().orElseThrow().pid();
    }

    @Override
    public void close() throws IOException {
        try {
            ControlClient.ask(directory, "stop");
        } catch (IOException e) {
            process.destroy(); // nobody answers, or it went while it answered
        }
        if (!ended()) {
            process.destroyForcibly();
            throw new IOException("the daemon did not stop within " + STOP_SECONDS + " s; its log ends: " + tail());
        }
    }

    private boolean ended() {
        try {
            return process.waitFor(STOP_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
