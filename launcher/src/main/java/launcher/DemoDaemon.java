// SPDX-License-Identifier: Apache-2.0
package launcher;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import vfio.core.thread.DaemonThread;

/** The daemon of the demo: a process that the user's own command starts, and that ends with the demo. */
final class DemoDaemon implements AutoCloseable {
    private static final long END_SECONDS = 40;

    private final Process process;
    private final BufferedReader output;

    DemoDaemon(Home home, List<String> options) throws IOException {
        List<String> command = new ArrayList<>(List.of(home.script().toString(), "run"));
        command.addAll(options);
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true).redirectInput(
                ProcessBuilder.Redirect.from(new File("/dev/null")));
        builder.environment().remove("VFIO_STATE"); // an operator's, not the demo's
        process = builder.start();
        output = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    }

    /** Returns the lines that the daemon prints until it is ready. */
    String awaitReady() throws IOException, DemoFailure {
        StringBuilder said = new StringBuilder();
        for (String line = output.readLine(); line != null; line = output.readLine()) {
            said.append(line).append('\n');
            if (line.startsWith("ready: ")) {
                drain();
                return said.toString().stripTrailing();
            }
        }
        throw new DemoFailure("the daemon ended without being ready:\n" + said);
    }

    /** Reads the daemon's output, since a full pipe would stop it; its log has the same lines. */
    private void drain() {
        DaemonThread.start("demo-daemon", () -> {
            try {
                output.transferTo(Writer.nullWriter());
            } catch (IOException e) {
                // the process has ended
            }
        });
    }

    /** Waits for the daemon's end and returns its exit code. */
    int awaitEnd() throws InterruptedException, DemoFailure {
        if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
            throw new DemoFailure("the daemon did not end within " + END_SECONDS + " s");
        }
        return process.exitValue();
    }

    /** Ends the daemon in any case: by SIGTERM, then by SIGKILL. */
    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
