// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.topology;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class DocumentedTopologyTest {
    private static final Path DOCUMENT = Path.of("..", "docs", "topology.md");

    @Test
    void theExamplesOfTheDocumentAreRead() throws Exception {
        List<String> examples = Pattern.compile("```yaml\n(.*?)```", Pattern.DOTALL).matcher(Files.readString(DOCUMENT))
                .results().map((MatchResult m) -> m.group(1)).toList();
        assertEquals(2, examples.size());
        BusTopology many = new BusTopology(
                new TopologyReader("first").read(examples.get(0).getBytes(StandardCharsets.UTF_8)));
        assertEquals(10_000, many.functions().size());
        BusTopology builtIn = new BusTopology(
                new TopologyReader("second").read(examples.get(1).getBytes(StandardCharsets.UTF_8)));
        assertEquals(BusTopology.builtIn(), builtIn);
    }

    @Test
    void equalFunctionsOfAFileAreEqualAndOthersAreNot() throws Exception {
        BusTopology builtIn = BusTopology.builtIn();
        assertEquals(List.of(), builtIn.functionsNotIn(BusTopology.builtIn()));
        assertEquals(builtIn.functions(), builtIn.functionsNotIn(BusTopology.EMPTY));
    }
}
