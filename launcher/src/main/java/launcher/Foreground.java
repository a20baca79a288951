// SPDX-License-Identifier: Apache-2.0
package launcher;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.StringJoiner;
import java.util.concurrent.CountDownLatch;

/** {@code vfio run}: a daemon that is this process, until a signal or {@code vfio stop} ends it. */
final class Foreground {
    private static final long BOUND_MILLIS = 10_000;
    private static final long STEP_MILLIS = 20;

    private final CountDownLatch done = new CountDownLatch(1);
    private volatile Daemon daemon;
    private volatile int code = ExitCodes.FAILED;

    private Foreground() {
    }

    static int run(String[] args, Path defaultDirectory, Home home, Output out) throws Exception {
        StringWriter help = new StringWriter();
        Settings settings = new RunOptions.Parsed().settings(Arrays.asList(args).subList(1, args.length), home,
                defaultDirectory, Boolean.getBoolean("vfio.interactive"), new PrintWriter(help));
        if (settings == null) {
            out.print(help.toString());
            return ExitCodes.OK;
        }
        return new Foreground().run(settings, out);
    }

    private int run(Settings settings, Output out) throws Exception {
        // Before anything asks for it; a noexec /tmp would keep native libraries from loading.
        System.setProperty("java.io.tmpdir", settings.directory().resolve("tmp").toString());
        RunDirectory directory = RunDirectory.take(settings.directory());
        Log.open(settings.directory());
        Runtime.getRuntime().addShutdownHook(new Thread(this::onSignal));
        try (Daemon started = Daemon.start(settings, directory)) {
            daemon = started;
            tell(out, ready(settings));
            if (settings.shell()) {
                started.openShell();
            }
            started.awaitStopRequest();
            code = ExitCodes.OK;
        } catch (LaunchException e) {
            code = e.exitCode();
            throw e;
        } finally {
            done.countDown();
        }
        return code;
    }

    /** SIGTERM, SIGINT, SIGHUP: the same end as by {@code stop}, and its exit code. */
    private void onSignal() {
        Daemon running = daemon;
        if (running == null || done.getCount() == 0) {
            return; // not up yet, or ended by itself
        }
        running.requestStop();
        try {
            done.await();
            Runtime.getRuntime().halt(code);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Whoever waits for the line would wait for ever where it cannot be written; one who went away does not. */
    private static void tell(Output out, String line) throws LaunchException {
        try {
            out.line(line);
        } catch (LaunchException e) {
            if (e.exitCode() != ExitCodes.READER_GONE) {
                throw e;
            }
        }
    }

    private static String ready(Settings settings) throws IOException, LaunchException, InterruptedException {
        String end = "pid " + ProcessHandle.current().pid() + ", ./vfio stop to end";
        long deadline = System.nanoTime() + BOUND_MILLIS * 1_000_000;
        JsonObject status = status(settings.directory());
        while (status.get("wanted").getAsInt() > 0 && System.nanoTime() < deadline) {
            Thread.sleep(STEP_MILLIS);
            status = status(settings.directory());
        }
        return "ready: " + summary(status) + ", " + end;
    }

    private static JsonObject status(Path directory) throws IOException, LaunchException, InterruptedException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int code = new Client(Terminal.NONE, Output.to(out), Output.to(out)).run(directory, List.of("status", "--json"));
        String text = out.toString(StandardCharsets.UTF_8);
        if (code != ExitCodes.OK) {
            throw new LaunchException(code, "the daemon does not answer: " + text.trim());
        }
        return JsonParser.parseString(text).getAsJsonObject().getAsJsonObject("status");
    }

    private static String summary(JsonObject status) {
        JsonArray buses = status.getAsJsonArray("buses");
        StringJoiner functions = new StringJoiner(", ");
        for (int i = 0; i < buses.size(); i++) {
            JsonObject bus = buses.get(i).getAsJsonObject();
            int n = bus.get("functions").getAsInt();
            functions.add(n + (n == 1 ? " function on " : " functions on ") + bus.get("name").getAsString());
        }
        int waiting = status.get("wanted").getAsInt();
        return (buses.isEmpty() ? "no bus" : functions) + ", " + status.get("bound").getAsInt() + " bound"
                + (waiting == 0 ? "" : ", " + waiting + " still being tried");
    }
}
