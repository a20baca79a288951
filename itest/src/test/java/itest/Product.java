// SPDX-License-Identifier: Apache-2.0
package itest;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

/**
 * The {@code vfio} command as it is built, run in processes as a user would, in an environment that holds what it is given
 * alone.
 */
final class Product {
    private static final Path REACTOR = Path.of(System.getProperty("reactor.directory")).toAbsolutePath().normalize();

    private final Path home;

    private Product(Path home) {
        this.home = home;
    }

    /** That of this checkout. */
    static Product here() {
        return new Product(REACTOR);
    }

    /** A copy of what runs, in a folder that is made. */
    static Product copiedTo(Path home) throws IOException {
        for (String part : List.of("vfio", "launcher/target/bundles", "launcher/target/lib", "target/drivers",
                "target/examples")) {
            copy(REACTOR.resolve(part), home.resolve(part));
        }
        try (Stream<Path> files = Files.list(REACTOR.resolve("launcher/target"))) {
            for (Path jar : files.filter(file -> file.toString().endsWith(".jar")).toList()) {
                copy(jar, home.resolve("launcher/target").resolve(jar.getFileName().toString()));
            }
        }
        return new Product(home);
    }

    private static void copy(Path from, Path to) throws IOException {
        Files.createDirectories(to.getParent());
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                Files.copy(file, to.resolve(from.relativize(file).toString()),
                        java.nio.file.StandardCopyOption.COPY_ATTRIBUTES);
            }
        }
    }

    /** The script's path. */
    String script() {
        return home.resolve("vfio").toString();
    }

    /**
     * What a command came to.
     *
     * @param out its standard output, as UTF-8
     * @param err its standard error, as UTF-8
     */
    record Result(int code, String out, String err) {
        /** All of it, for a test that failed. */
        @Override
        public String toString() {
            return "exit code " + code + "\n--- out\n" + out + "--- err\n" + err;
        }
    }

    /** Starts a command line, its input at an end. */
    static Process start(Map<String, String> environment, Path directory, List<String> command) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile());
        builder.redirectInput(new File("/dev/null"));
        builder.environment().clear();
        builder.environment().putAll(environment);
        return builder.start();
    }

    /** Runs a command line to its end. */
    static Result run(Map<String, String> environment, Path directory, List<String> command)
            throws IOException, InterruptedException {
        Process process = start(environment, directory, command);
        CompletableFuture<String> err = CompletableFuture.supplyAsync(() ->
                text(process.errorReader(StandardCharsets.UTF_8)));
        String out = text(process.inputReader(StandardCharsets.UTF_8));
        return new Result(process.waitFor(), out, err.join());
    }

    private static String text(java.io.BufferedReader reader) {
        StringBuilder text = new StringBuilder();
        reader.lines().forEach(line -> text.append(line).append('\n'));
        return text.toString();
    }

    /** A shell's line as a command, with the arguments {@code "$@"} of it: this script and what follows it. */
    List<String> through(String line, String... args) {
        List<String> command = new ArrayList<>(List.of("/bin/sh", "-c", line, "sh", script()));
        command.addAll(Arrays.asList(args));
        return command;
    }
}
