// SPDX-License-Identifier: Apache-2.0
package vfio.bench;

import java.io.BufferedReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The same loops in C, in a program that the system's gcc compiles on the spot. It lives as long as the folder it was built
 * in.
 *
 * @param program the compiled program
 */
record CTwin(Path program) {
    private static final String SOURCE = "twin.c";

    /** @throws IllegalStateException where it cannot be compiled; the message says what to install */
    static CTwin build(Path folder) throws IOException, InterruptedException {
        Path source = folder.resolve(SOURCE);
        Path program = folder.resolve("twin");
        Path said = folder.resolve("gcc.log");
        try (InputStream text = CTwin.class.getResourceAsStream("/" + SOURCE)) {
            Files.copy(text, source);
        }
        int exit = new ProcessBuilder("gcc", "-O2", "-Wall", "-Wextra", "-Werror",
                "-o", program.toString(), source.toString())
                .redirectErrorStream(true).redirectOutput(said.toFile()).start().waitFor();
        if (exit != 0) {
            throw new IllegalStateException("cannot compile " + SOURCE + " (it takes Debian's gcc and libc6-dev): "
                    + Files.readString(said));
        }
        return new CTwin(program);
    }

    /** Starts the program for one loop. */
    Loop open(String loop) throws IOException {
        return new Loop(new ProcessBuilder(program.toString(), loop).redirectError(ProcessBuilder.Redirect.INHERIT).start());
    }

    /** A program that waits for how often to turn. */
    record Loop(Process process, Writer turns, BufferedReader times) implements BesideC.Side {
        Loop(Process process) {
            this(process, process.outputWriter(), process.inputReader());
        }

        @Override
        public double nanoseconds(int count) throws IOException {
            turns.write(count + "\n");
            turns.flush();
            String time = times.readLine();
            if (time == null) {
                throw new EOFException("the C twin has ended");
            }
            return Double.parseDouble(time);
        }

        @Override
        public void close() {
            process.destroy();
        }
    }
}
