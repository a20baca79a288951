// SPDX-License-Identifier: Apache-2.0
package vfio.realworld.matching;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * libkmod, asked through a small C program that is compiled on the spot. The program lives as long as the folder it was
 * built in.
 *
 * @param program the compiled program
 */
public record KmodLookup(Path program) {
    private static final String SOURCE = "kmodlookup.c";

    /**
     * Compiles the program.
     *
     * @throws IllegalStateException where that fails; the message says what to install
     */
    public static KmodLookup build(Path folder) throws IOException, InterruptedException {
        Path source = folder.resolve(SOURCE);
        Path program = folder.resolve("kmodlookup");
        try (InputStream text = KmodLookup.class.getResourceAsStream("/" + SOURCE)) {
            Files.copy(text, source, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        }
        Path log = folder.resolve("cc.log");
        int exit;
        try {
            exit = new ProcessBuilder("gcc", "-O2", "-Wall", "-Wextra", "-Werror", "-o", program.toString(),
                    source.toString(), "-lkmod").redirectErrorStream(true).redirectOutput(log.toFile()).start().waitFor();
        } catch (IOException e) {
            throw new IllegalStateException("cannot run gcc; install Debian's packages gcc and libkmod-dev", e);
        }
        if (exit != 0) {
            throw new IllegalStateException("cannot build against libkmod; install Debian's packages gcc, libc6-dev and "
                    + "libkmod-dev: " + Files.readString(log));
        }
        return new KmodLookup(program);
    }

    /** The modules that libkmod finds for each key, over the indexes in a folder. */
    public List<Set<String>> modules(Path indexes, List<String> keys) throws IOException, InterruptedException {
        List<Set<String>> found = new ArrayList<>();
        for (String line : run(keys, indexes.toString())) {
            found.add(new TreeSet<>(line.isBlank() ? List.of() : List.of(line.trim().split(" "))));
        }
        if (found.size() != keys.size()) {
            throw new IllegalStateException("kmodlookup gave " + found.size() + " answers to " + keys.size() + " keys");
        }
        return found;
    }

    /** Nanoseconds a lookup, lists freed: the mean over passes over the keys that take at least so many seconds. */
    public double nanoseconds(Path indexes, List<String> keys, double seconds) throws IOException, InterruptedException {
        return Double.parseDouble(run(keys, indexes.toString(), Double.toString(seconds)).get(0));
    }

    private List<String> run(List<String> keys, String... arguments) throws IOException, InterruptedException {
        Path input = Files.write(Files.createTempFile(program.getParent(), "keys", ""), keys);
        Path output = Files.createTempFile(program.getParent(), "answers", "");
        try {
            List<String> command = new ArrayList<>(List.of(program.toString()));
            command.addAll(List.of(arguments));
            int exit = new ProcessBuilder(command).redirectInput(input.toFile()).redirectOutput(output.toFile())
                    .redirectError(ProcessBuilder.Redirect.INHERIT).start().waitFor();
            if (exit != 0) {
                throw new IllegalStateException(command + " failed with exit code " + exit);
            }
            return Files.readAllLines(output);
        } finally {
            Files.delete(input);
            Files.delete(output);
        }
    }
}
