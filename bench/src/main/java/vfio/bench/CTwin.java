// SPDX-License-Identifier: Apache-2.0
package vfio.bench;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The same loops in C, in a program that the system's gcc compiles on the spot. It lives as long as the folder it was built in.
 *
 * @param program the compiled program
 */
record CTwin(Path program) {
    private static final String SOURCE = "twin.c";

    /** @throws IllegalStateException where it cannot be compiled; the message says what to install */
    static CTwin build(Path folder) throws IOException, InterruptedException {
        Path source = folder.resolve(SOURCE);
        try (InputStream text = CTwin.class.getResourceAsStream("/" + SOURCE)) {
            Files.copy(text, source);
        }
        Path program = folder.resolve("twin");
        run("compile " + SOURCE + " (it takes Debian's gcc and libc6-dev)", folder, "gcc", "-O2", "-Wall", "-Wextra", "-Werror",
                "-o", program.toString(), source.toString());
        return new CTwin(program);
    }

    /** Nanoseconds a turn of a loop. */
    double nanoseconds(String loop, long turns) throws IOException, InterruptedException {
        return Double.parseDouble(run("run the C twin", program.getParent(), program.toString(), loop, Long.toString(turns)));
    }

    private static String run(String act, Path folder, String... command) throws IOException, InterruptedException {
        Path out = Files.createTempFile(folder, "out", "");
        Path errors = Files.createTempFile(folder, "errors", "");
        int exit = new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(errors.toFile()).start().waitFor();
        if (exit != 0) {
            throw new IllegalStateException("cannot " + act + ": " + Files.readString(errors));
        }
        return Files.readString(out).trim();
    }
}
