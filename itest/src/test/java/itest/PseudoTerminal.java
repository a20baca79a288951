// SPDX-License-Identifier: Apache-2.0
package itest;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;

/**
 * A terminal for a process, by script(1) of util-linux, which is on every Debian: what it shows can be awaited, and typed at.
 * Where there is no such program, the test fails.
 */
final class PseudoTerminal implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(120);

    private final Process process;
    private final StringBuilder screen = new StringBuilder();
    private final Thread reading = new Thread(this::read, "terminal");
    private int seen;

    /** @param line of a shell, a command that takes its place once the terminal has {@code columns} */
    PseudoTerminal(Map<String, String> environment, Path directory, int columns, String line) throws IOException {
        List<String> command = new ArrayList<>(List.of("script", "-qefc", "stty cols " + columns + " rows 40; exec " + line,
                "/dev/null"));
        ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true);
        builder.environment().clear();
        builder.environment().putAll(environment);
        builder.environment().put("SHELL", "/bin/sh");
        process = builder.start();
        reading.start();
    }

    private void read() {
        byte[] bytes = new byte[4096];
        try (InputStream in = process.getInputStream()) {
            for (int n = in.read(bytes); n >= 0; n = in.read(bytes)) {
                synchronized (screen) {
                    screen.append(new String(bytes, 0, n, StandardCharsets.ISO_8859_1));
                }
            }
        } catch (IOException e) {
            // the process has ended
        }
    }

    /** Waits for text behind what was awaited before. */
    void await(String text) {
        Awaitility.await(text).atMost(PATIENCE).until(() -> shown().indexOf(text, seen) >= 0);
        seen = shown().indexOf(text, seen) + text.length();
    }

    /** Types a line. */
    void type(String line) throws IOException {
        process.getOutputStream().write((line + "\r").getBytes(StandardCharsets.UTF_8));
        process.getOutputStream().flush();
    }

    /** Types Ctrl-C. */
    void interrupt() throws IOException {
        process.getOutputStream().write(3);
        process.getOutputStream().flush();
    }

    /** All that was shown, a character for each byte. */
    String shown() {
        synchronized (screen) {
            return screen.toString();
        }
    }

    /** Waits for the process's end, not for ever: one that goes on fails the test. */
    int exitCode() throws InterruptedException {
        if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
            process.destroy();
            throw new AssertionError("the process goes on; its terminal shows\n" + shown());
        }
        reading.join();
        return process.exitValue();
    }

    @Override
    public void close() {
        process.destroy();
    }
}
