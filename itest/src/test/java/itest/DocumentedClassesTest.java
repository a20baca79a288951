// SPDX-License-Identifier: Apache-2.0
package itest;

import static java.util.stream.Collectors.toMap;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Holds the names of classes and members that documents give in backticks to the sources of the tree. */
class DocumentedClassesTest {
    /** The package, if given; the class; a nested class or a member, if given. Constants and settings do not match. */
    private static final Pattern NAME =
            Pattern.compile("`((?:[a-z]\\w*\\.)+)?([A-Z]\\w*[a-z]\\w*)(?:\\.(\\w+))?(?:\\([^`]*\\))?`");

    /** Returns the source of each top-level class, by the class's name. */
    private static Map<String, Path> sources() throws IOException {
        try (Stream<Path> files = Files.walk(ReactorBundles.ROOT)) {
            return files.map(ReactorBundles.ROOT::relativize)
                    .filter(file -> file.toString().matches("[^.].*/src/(main|test)/java/.*\\.java"))
                    .collect(toMap(DocumentedClassesTest::simpleName, file -> file, (one, other) -> one));
        }
    }

    private static String simpleName(Path source) {
        return source.getFileName().toString().replace(".java", "");
    }

    private static List<MatchResult> named(String text) {
        return NAME.matcher(text).results().toList();
    }

    /** Returns the names of a text that no source of the tree has. */
    private static List<String> unknown(String text) throws IOException {
        Map<String, Path> sources = sources();
        return named(text).stream().filter(name -> !exists(name, sources)).map(MatchResult::group).toList();
    }

    private static boolean exists(MatchResult name, Map<String, Path> sources) {
        Path source = sources.get(name.group(2));
        if (source == null) {
            return false;
        }
        String folder = name.group(1) == null ? "/" : "/" + name.group(1).replace('.', '/');
        return source.toString().endsWith(folder + source.getFileName())
                && (name.group(3) == null || text(source).matches("(?s).*\\b" + name.group(3) + "\\b.*"));
    }

    private static String text(Path source) {
        try {
            return Files.readString(ReactorBundles.ROOT.resolve(source));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"docs/architecture.md", "docs/glossary.md", "CONTRIBUTING.md"})
    void everyClassThatIsNamedExists(String document) throws IOException {
        String text = Files.readString(ReactorBundles.ROOT.resolve(document));
        assertFalse(named(text).isEmpty(), document + " names no class");
        assertEquals(List.of(), unknown(text), "not in the tree, but in " + document);
    }

    @Test
    void aWrongClassPackageOrMemberIsReported() throws IOException {
        String known = "`VfioDevice` `vfio.core.device.VfioDevice` `FunctionSlot.Bound` `VfioDevice.open(user)`";
        String none = "`VFIO_DEVICE_FEATURE` `vfio.settled`";
        List<String> wrong = List.of("`NoSuchClass`", "`vfio.core.VfioDevice`", "`VfioDevice.noSuchMember()`");
        assertEquals(wrong, unknown(known + none + String.join(" ", wrong)));
    }
}
