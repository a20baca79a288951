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
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.StringJoiner;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import vfio.admin.ExitCode;
import vfio.core.thread.Deadline;

/** The command {@code vfio run}: a daemon in this process, until a signal or {@code vfio stop} ends it. */
final class Foreground {
    private static final long BOUND_MILLIS = 10_000;
    private static final long STEP_MILLIS = 20;
    private static final long FOREIGN_END_SECONDS = 20;

    private final CountDownLatch done = new CountDownLatch(1);
    private volatile Daemon daemon;
    private volatile int code = ExitCode.REFUSED.number();

    private Foreground() {
    }

    static int run(String[] args, Path defaultDirectory, Home home, TextOutput out) throws Exception {
        String state = System.getenv("VFIO_STATE");
        StringWriter help = new StringWriter();
        Settings settings = new RunOptions.Parsed(Terminal.ofThisProcess()).settings(
                Arrays.asList(args).subList(1, args.length), home, defaultDirectory,
                state == null || state.isEmpty() ? null : Arguments.path(state).toAbsolutePath().normalize(),
                Boolean.getBoolean("vfio.prompt"), new PrintWriter(help));
        if (settings == null) {
            out.print(help.toString());
            return ExitCode.OK.number();
        }
        return new Foreground().run(settings, out);
    }

    private int run(Settings settings, TextOutput out) throws Exception {
        Runtime.getRuntime().addShutdownHook(new Thread(this::onExit));
        try {
            return daemon(settings, out);
        } catch (LaunchException e) {
            code = e.exitCode();
            throw e;
        } finally {
            done.countDown();
        }
    }

    private int daemon(Settings settings, TextOutput out) throws Exception {
        Directories directory = Directories.take(settings);
        try {
            Log.open(settings.state());
            TemporaryFolder.choose(settings.state());
        } catch (IOException | LaunchException e) {
            directory.close();
            throw e;
        }
        try (Daemon started = Daemon.start(settings, directory)) {
            daemon = started;
            tell(out, ready(settings));
            serve(started, settings);
            code = started.fallen().isEmpty() ? ExitCode.OK.number() : ExitCode.INTERNAL.number();
        } finally {
            Log.close();
        }
        return code;
    }

    private static void serve(Daemon started, Settings settings) throws IOException, InterruptedException {
        if (settings.prompt()) {
            try (Prompt prompt = new Prompt(settings.directory(), settings.home(), started::requestStop)) {
                prompt.open();
                started.awaitStopRequest();
            }
        } else {
            started.awaitStopRequest();
        }
    }

    /**
     * Ends the daemon in order. After SIGTERM, SIGINT or SIGHUP the exit code is that of {@code stop}. Where a bundle has
     * called {@code System.exit}, the exit code is one at which a service manager starts the daemon again, whatever the
     * bundle gave.
     */
    private void onExit() {
        if (done.getCount() == 0) {
            return; // ended by itself
        }
        Optional<String> caller = ExitCall.caller();
        caller.ifPresent(frame -> System.getLogger(Foreground.class.getName()).log(System.Logger.Level.ERROR,
                "a bundle has ended the process: " + frame + " called System.exit"));
        Daemon running = daemon;
        if (running == null) { // not up yet
            caller.ifPresent(frame -> Runtime.getRuntime().halt(ExitCode.INTERNAL.number()));
            return;
        }
        running.requestStop();
        try {
            if (caller.isEmpty()) {
                done.await();
                Runtime.getRuntime().halt(code);
            }
            running.hurry(); // the caller's thread does not come back
            done.await(FOREIGN_END_SECONDS, TimeUnit.SECONDS);
            Runtime.getRuntime().halt(ExitCode.INTERNAL.number());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Prints a line. A closed pipe is no failure, but any other is: a program that waits for the line would wait for ever.
     */
    private static void tell(TextOutput out, String line) throws LaunchException {
        try {
            out.line(line);
        } catch (LaunchException e) {
            if (e.exitCode() != TextOutput.READER_GONE) {
                throw e;
            }
        }
    }

    private static String ready(Settings settings) throws IOException, LaunchException, InterruptedException {
        String end = "pid " + ProcessHandle.current().pid() + ", ./vfio stop to end";
        Deadline deadline = Deadline.in(Duration.ofMillis(BOUND_MILLIS));
        JsonObject status = status(settings.directory());
        while (status.get("wanted").getAsInt() > 0 && !deadline.passed()) {
            Thread.sleep(STEP_MILLIS);
            status = status(settings.directory());
        }
        return "ready: " + summary(status) + ", " + end;
    }

    private static JsonObject status(Path directory) throws IOException, LaunchException, InterruptedException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int code = new Client(Terminal.NONE, TextOutput.to(out), TextOutput.to(out))
                .run(directory, List.of("status", "--json"));
        String text = out.toString(StandardCharsets.UTF_8);
        if (code != ExitCode.OK.number()) {
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
