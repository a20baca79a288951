// SPDX-License-Identifier: Apache-2.0
package itest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The drivers that documents show are those of examples/: a block may leave lines out, and has no line of its own. */
class DocumentedDriversTest {
    private static final Pattern FENCED = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);
    private static final Pattern INDENTED = Pattern.compile("## Write a driver\n\n((?: {4}.*\n)+)");

    private static void shown(String document, Pattern block, int count) throws IOException {
        List<List<String>> examples = examples();
        List<List<String>> blocks = block.matcher(Files.readString(ReactorBundles.ROOT.resolve(document))).results()
                .map(found -> code(found.group(1))).toList();
        assertEquals(count, blocks.size(), "drivers in " + document);
        for (List<String> lines : blocks) {
            assertTrue(examples.stream().anyMatch(example -> within(example, lines)),
                    () -> document + " shows what no file of examples/ has in this order: " + String.join("\n", lines));
        }
    }

    private static List<List<String>> examples() throws IOException {
        try (Stream<Path> files = Files.walk(ReactorBundles.ROOT.resolve("examples"))) {
            return files.filter(file -> file.toString().endsWith(".java")).map(DocumentedDriversTest::read).toList();
        }
    }

    private static List<String> read(Path file) {
        try {
            return code(Files.readString(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The lines without indentation and what follows them as a comment. */
    private static List<String> code(String text) {
        return text.lines().map(line -> line.replaceFirst("\\s+// .*", "").strip()).filter(line -> !line.isEmpty()).toList();
    }

    private static boolean within(List<String> file, List<String> lines) {
        Iterator<String> next = file.iterator();
        return lines.stream().allMatch(line -> {
            while (next.hasNext()) {
                if (next.next().equals(line)) {
                    return true;
                }
            }
            return false;
        });
    }

    @Test
    void ofTheGuideForVendors() throws IOException {
        shown("docs/writing-a-driver.md", FENCED, 5);
    }

    @Test
    void ofTheLiveUpdate() throws IOException {
        shown("docs/live-update.md", FENCED, 2);
    }

    @Test
    void ofTheReadme() throws IOException {
        shown("README.md", INDENTED, 1);
    }
}
