// SPDX-License-Identifier: Apache-2.0
package itest;

import static java.util.stream.Collectors.groupingBy;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Holds the names of classes and members that the tree's documents give in backticks to the sources. */
class DocumentedClassesTest {
    /** The package, if given; the class; a nested class or a member, if given. Constants and settings do not match. */
    private static final Pattern NAME =
            Pattern.compile("`((?:[a-z]\\w*\\.)+)?([A-Z]\\w*[a-z]\\w*)(?:\\.(\\w+))?(?:\\([^`]*\\))?`");
    /** Names of Java, OSGi and systemd. */
    private static final Set<String> OF_OTHERS = Set.of("Runnable", "System", "Repository", "LimitMEMLOCK");
    /** Each class's source, by the class's simple name: the launcher and bundles may have the same one. */
    private static final Map<String, List<Path>> SOURCES = files(".*/src/(main|test)/java/.*\\.java").stream()
            .collect(groupingBy(file -> file.getFileName().toString().replace(".java", "")));

    static List<Path> documents() {
        return files(".*\\.md");
    }

    /** Returns the files of the tree, from its root, whose path matches; none that a build has made. */
    private static List<Path> files(String path) {
        try (Stream<Path> files = Files.walk(ReactorBundles.ROOT)) {
            return files.map(ReactorBundles.ROOT::relativize).filter(file -> file.toString().matches(path))
                    .filter(file -> !file.toString().matches("\\..*|(.*/)?target/.*")).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns the names in a text that no source of the tree has. */
    private static List<String> unknown(String text) {
        return NAME.matcher(text).results().filter(name -> !OF_OTHERS.contains(name.group(2)))
                .filter(name -> SOURCES.getOrDefault(name.group(2), List.of()).stream().noneMatch(file -> has(file, name)))
                .map(MatchResult::group).toList();
    }

    private static boolean has(Path source, MatchResult name) {
        String folder = name.group(1) == null ? "/" : "/" + name.group(1).replace('.', '/');
        return source.toString().endsWith(folder + source.getFileName())
                && (name.group(3) == null || text(source).matches("(?s).*\\b" + name.group(3) + "\\b.*"));
    }

    private static String text(Path file) {
        try {
            return Files.readString(ReactorBundles.ROOT.resolve(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @ParameterizedTest
    @MethodSource("documents")
    void everyClassThatIsNamedExists(Path document) {
        assertEquals(List.of(), unknown(text(document)), "not in the tree, but in " + document);
    }

    @Test
    void documentsAndSourcesAreFound() {
        List<Path> some = List.of(Path.of("README.md"), Path.of("docs/glossary.md"));
        assertTrue(documents().containsAll(some), documents().toString());
        assertTrue(SOURCES.size() > 500, SOURCES.size() + " sources");
    }

    @Test
    void aWrongClassPackageOrMemberIsReported() {
        String known = "`VfioDevice` `vfio.core.device.VfioDevice` `FunctionSlot.Bound` `VfioDevice.open(user)`";
        String none = "`VFIO_DEVICE_FEATURE` `vfio.settled`";
        List<String> wrong = List.of("`NoSuchClass`", "`vfio.core.VfioDevice`", "`VfioDevice.noSuchMember()`");
        assertEquals(wrong, unknown(known + none + String.join(" ", wrong)));
    }
}
