// SPDX-License-Identifier: Apache-2.0
package conformance;

import static org.junit.jupiter.api.Assertions.fail;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The build's gate, after every other module's tests. */
class ConformanceIT {
    @Test
    void testsProveTheRules() throws Exception {
        Conformance conformance = Conformance.of(Path.of(System.getProperty("reactor.directory")));
        System.out.println("conformance: " + conformance.summary());
        List<String> problems = conformance.problems();
        if (!problems.isEmpty()) {
            fail(problems.size() + " problems:\n" + String.join("\n", problems));
        }
    }
}
