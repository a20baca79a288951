// SPDX-License-Identifier: Apache-2.0
package launcher;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jline.reader.Candidate;
import org.jline.reader.Completer;
import org.jline.reader.LineReader;
import org.jline.reader.ParsedLine;

/**
 * The completion of the prompt: first a command, then functions, or drivers where the command takes one. The daemon is asked
 * for them at each completion.
 */
final class Completion implements Completer {
    /** A command's line in the general help, when that is wide enough for one line each. */
    private static final Pattern COMMAND = Pattern.compile("^  ([a-z][a-z-]*) {2,}\\S", Pattern.MULTILINE);
    private static final int WIDE = 1000;
    private static final int MOST_FUNCTIONS = 2000;
    private static final Set<String> TAKE_A_DRIVER = Set.of("update", "rollback", "hold", "unhold", "new-id", "remove-id");

    private final Path directory;

    Completion(Path directory) {
        this.directory = directory;
    }

    @Override
    public void complete(LineReader reader, ParsedLine line, List<Candidate> candidates) {
        try {
            List<String> before = Prompt.words(line.words().subList(0, line.wordIndex()));
            List<String> words = before.isEmpty() ? commands() : TAKE_A_DRIVER.contains(before.get(0)) ? drivers() : functions();
            words.forEach(word -> candidates.add(new Candidate(word)));
        } catch (IOException | LaunchException e) {
            System.getLogger(Completion.class.getName()).log(System.Logger.Level.DEBUG, "nothing to complete with: " + e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private List<String> commands() throws IOException, LaunchException, InterruptedException {
        List<String> commands = new ArrayList<>(List.of("help", "exit"));
        Matcher matcher = COMMAND.matcher(answer("--help"));
        while (matcher.find()) {
            commands.add(matcher.group(1));
        }
        return commands;
    }

    private List<String> functions() throws IOException, LaunchException, InterruptedException {
        int count = 0;
        for (JsonElement bus : json("status").getAsJsonObject("status").getAsJsonArray("buses")) {
            count += bus.getAsJsonObject().get("functions").getAsInt();
        }
        List<String> names = new ArrayList<>();
        if (count <= MOST_FUNCTIONS) { // more are no choice, and take long
            for (JsonElement row : json("list").getAsJsonArray("functions")) {
                names.add(row.getAsJsonObject().get("address").getAsString());
            }
        }
        return names;
    }

    private List<String> drivers() throws IOException, LaunchException, InterruptedException {
        return json("drivers").getAsJsonArray("drivers").asList().stream()
                .map(row -> row.getAsJsonObject().get("driver").getAsString()).distinct().toList();
    }

    private JsonObject json(String command) throws IOException, LaunchException, InterruptedException {
        return JsonParser.parseString(answer(command, "--json")).getAsJsonObject();
    }

    private String answer(String... command) throws IOException, LaunchException, InterruptedException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        TextOutput to = TextOutput.to(out);
        TextOutput dropped = TextOutput.to(new ByteArrayOutputStream());
        new Client(new Terminal(WIDE, false, false), to, dropped).run(directory, List.of(command));
        return out.toString(StandardCharsets.UTF_8);
    }
}
