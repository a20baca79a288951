// SPDX-License-Identifier: Apache-2.0
package launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jline.reader.Candidate;
import org.jline.reader.Parser.ParseContext;
import org.jline.reader.impl.DefaultParser;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the prompt offers, of which the daemon is asked. */
class CompletionTest {
    private static final String DRIVERS = "{\"schema\":1,\"drivers\":[{\"driver\":\"a\"},{\"driver\":\"a\"},{\"driver\":\"b\"}]}";

    @TempDir
    Path directory;

    private List<String> offered(String line, String answer, List<String> asked) throws Exception {
        List<Candidate> candidates = new ArrayList<>();
        try (FakeDaemon daemon = new FakeDaemon(directory, FakeDaemon.frames(1, answer, 3, 0))) {
            new Completion(directory).complete(null, new DefaultParser().parse(line, line.length(), ParseContext.COMPLETE),
                    candidates);
            List<Object> request = daemon.request.get(60, TimeUnit.SECONDS);
            assertEquals(asked, request.subList(4, request.size()));
        }
        return candidates.stream().map(Candidate::value).toList();
    }

    @ParameterizedTest
    @ValueSource(strings = {"update ", "update a", "vfio rollback ", "./vfio hold ", "unhold b", "new-id "})
    void driversAreOfferedWhereACommandTakesOneEachOnce(String line) throws Exception {
        assertEquals(List.of("a", "b"), offered(line, DRIVERS, List.of("drivers", "--json")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "up", "vfio ", "./vfio up"})
    void commandsAreOfferedFirst(String line) throws Exception {
        assertEquals(List.of("help", "exit", "update"), offered(line, "Drivers:\n  update       Update it.\n", List.of("--help")));
    }
}
