// SPDX-License-Identifier: Apache-2.0
package itest;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The sources of main code: src/main/java of all modules, examples, benches and real-world checks of the tree. */
final class MainSources extends SimpleFileVisitor<Path> {
    private static final Path ROOT = Path.of("src", "main", "java");

    private final Map<String, Path> files = new TreeMap<>();

    private MainSources() {
    }

    /** Returns the source files by the whole name of their top-level class; package-info files are left out. */
    static Map<String, Path> all() throws IOException {
        MainSources sources = new MainSources();
        Files.walkFileTree(ReactorBundles.ROOT, sources);
        return sources.files;
    }

    /** Leaves out what the build and tools make: {@code target}, and folders with a dot. */
    @Override
    public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) throws IOException {
        String name = folder.getFileName().toString();
        if (folder.endsWith(ROOT)) {
            add(folder);
        }
        boolean inside = folder.equals(ReactorBundles.ROOT) || !name.equals("target") && !name.startsWith(".");
        return inside && !folder.endsWith(ROOT) ? FileVisitResult.CONTINUE : FileVisitResult.SKIP_SUBTREE;
    }

    private void add(Path root) throws IOException {
        try (Stream<Path> all = Files.walk(root)) {
            for (Path file : all.filter(one -> one.toString().endsWith(".java")).toList()) {
                String name = root.relativize(file).toString().replace('/', '.').replaceFirst("\\.java$", "");
                if (!file.endsWith("package-info.java") && files.put(name, file) != null) {
                    throw new IllegalStateException(name + " stands in two modules");
                }
            }
        }
    }
}
