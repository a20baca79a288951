// SPDX-License-Identifier: Apache-2.0
package launcher;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import vfio.admin.ExitCode;
import vfio.core.thread.Deadline;

/** The voice of the demo: headings, commands with their real output, and checks made on the JSON form of the same. */
final class Tour {
    private static final long AWAIT_MILLIS = 20_000;
    private static final long STEP_MILLIS = 25;

    private final Path directory;
    private final TextOutput out;
    private final Terminal terminal;
    private int steps;
    private int checks;

    /** @param directory of the daemon that is shown */
    Tour(Path directory, TextOutput out, Terminal terminal) {
        this.directory = directory;
        this.out = out;
        this.terminal = terminal;
    }

    /** A fact that must become true. */
    interface Fact {
        boolean holds() throws Exception;
    }

    void step(String title) throws LaunchException {
        out.line("\n" + ++steps + ". " + title);
    }

    /** Prints a line as it would be typed. */
    void typed(String line) throws LaunchException {
        out.line("   $ " + line);
    }

    void say(String text) throws LaunchException {
        for (String line : text.lines().toList()) {
            out.line("   " + line);
        }
    }

    /** Runs a command as a user would, prints its output, and returns its exit code. */
    int show(String... command) throws Exception {
        typed("./vfio " + String.join(" ", command));
        ByteArrayOutputStream answer = new ByteArrayOutputStream();
        int width = terminal.width() > 3 ? terminal.width() - 3 : terminal.width();
        Client client = new Client(new Terminal(width, false, false), TextOutput.to(answer), TextOutput.to(answer));
        int code = client.run(directory, List.of(command));
        say(answer.toString(StandardCharsets.UTF_8).stripTrailing());
        if (code != ExitCode.OK.number()) {
            say("(exit code " + code + ")");
        }
        return code;
    }

    /** Runs and shows a command that must succeed. */
    void showOk(String... command) throws Exception {
        int code = show(command);
        if (code != ExitCode.OK.number()) {
            throw new DemoFailure("./vfio " + String.join(" ", command) + " ended with " + code);
        }
    }

    /** Returns a command's JSON form, and prints nothing. */
    JsonObject ask(String... command) throws Exception {
        List<String> all = new ArrayList<>(Arrays.asList(command));
        all.add("--json");
        ByteArrayOutputStream answer = new ByteArrayOutputStream();
        ByteArrayOutputStream complaint = new ByteArrayOutputStream();
        int code = new Client(Terminal.NONE, TextOutput.to(answer), TextOutput.to(complaint)).run(directory, all);
        String what = "./vfio " + String.join(" ", all);
        if (code != ExitCode.OK.number()) {
            throw new DemoFailure(what + " ended with " + code + ": " + complaint.toString(StandardCharsets.UTF_8).strip());
        }
        try {
            JsonObject json = JsonParser.parseString(answer.toString(StandardCharsets.UTF_8)).getAsJsonObject();
            if (json.get("schema").getAsInt() != 1) {
                throw new DemoFailure(what + " answered another schema than 1");
            }
            return json;
        } catch (JsonParseException | IllegalStateException | NullPointerException e) {
            throw new DemoFailure(what + " answered no JSON of schema 1: " + e);
        }
    }

    /** Returns a member as text; null where it is null or absent. */
    static String text(JsonObject row, String member) {
        JsonElement value = row.get(member);
        return value == null || value.isJsonNull() ? null : value.getAsString();
    }

    /** Waits until a fact holds, and says so. */
    void check(String sentence, Fact fact) throws Exception {
        Deadline deadline = Deadline.in(Duration.ofMillis(AWAIT_MILLIS));
        while (!fact.holds()) {
            if (deadline.passed()) {
                throw new DemoFailure("not so within " + AWAIT_MILLIS / 1000 + " s: " + sentence);
            }
            Thread.sleep(STEP_MILLIS);
        }
        checks++;
        out.line("   ok  " + sentence);
    }

    /** Checks a fact that must hold at once. */
    void checkNow(String sentence, Fact fact) throws Exception {
        if (!fact.holds()) {
            throw new DemoFailure("not so: " + sentence);
        }
        check(sentence, () -> true);
    }

    int checks() {
        return checks;
    }
}
