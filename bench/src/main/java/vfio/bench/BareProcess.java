// SPDX-License-Identifier: Apache-2.0
package vfio.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * A process of {@link BareFramework} with Declarative Services and Configuration Admin, the jars that the launcher ships: the
 * least that a framework of drivers can be, and the peer of a {@link VfioRun}. Closing it ends it.
 */
final class BareProcess implements AutoCloseable {
    /** Its name in results. */
    static final String NAME = "a bare Felix, SCR, ConfigAdmin";
    private static final long LIMIT_SECONDS = 60;

    private record Line(String word, long nanoTime) {
    }

    private final Process process;
    private final long started;
    private final BlockingQueue<Line> lines = new LinkedBlockingQueue<>();

    /** Starts one with nothing more and returns at once. */
    BareProcess(Place place, BareJava java) throws IOException {
        this(place, java, Map.of(), List.of());
    }

    /**
     * Starts one and returns at once.
     *
     * @param settings of the framework
     * @param jars further arguments of {@link BareFramework}: jars to start, then those only to install
     */
    BareProcess(Place place, BareJava java, Map<String, String> settings, List<String> jars) throws IOException {
        List<String> command = new ArrayList<>(java.command());
        settings.forEach((key, value) -> command.add("-D" + key + "=" + value));
        command.addAll(List.of(BareFramework.class.getName(), place.folder("bare").toString()));
        for (String bundle : List.of("org.osgi.util.function", "org.osgi.util.promise", "org.osgi.service.component")) {
            command.add(place.jar("bench/target/lib", bundle).toString());
        }
        for (String bundle : List.of("org.apache.felix.configadmin", "org.apache.felix.scr")) {
            command.add(place.jar("launcher/target/bundles", bundle).toString());
        }
        command.addAll(jars);
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().clear();
        builder.environment().putAll(java.environment());
        started = System.nanoTime();
        process = builder.start();
        Thread reader = new Thread(this::read, "bare");
        reader.setDaemon(true);
        reader.start();
    }

    private void read() {
        process.inputReader(StandardCharsets.US_ASCII).lines()
                .forEach(word -> lines.add(new Line(word, System.nanoTime())));
    }

    long pid() {
        return process.pid();
    }

    /** Waits until its bundles are active; milliseconds since the process was started. */
    double awaitActive() throws IOException, InterruptedException {
        return (await(BareFramework.ACTIVE) - started) / 1e6;
    }

    /**
     * Waits for the next line and returns when it came, a {@link System#nanoTime()}.
     *
     * @throws IOException where it is another word, or none comes within a minute
     */
    long await(String word) throws IOException, InterruptedException {
        Line line = lines.poll(LIMIT_SECONDS, TimeUnit.SECONDS);
        if (line == null || !line.word().equals(word)) {
            throw new IOException("expected a bare framework to say " + word + " within " + LIMIT_SECONDS + " s, got "
                    + line);
        }
        return line.nanoTime();
    }

    @Override
    public void close() throws IOException {
        process.getOutputStream().close();
        try {
            if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IOException("a bare framework did not end within " + LIMIT_SECONDS + " s");
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
