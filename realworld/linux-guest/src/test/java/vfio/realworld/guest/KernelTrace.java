// SPDX-License-Identifier: Apache-2.0
package vfio.realworld.guest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/** The kernel's own record of calls of some of its functions, by its function tracer, from its making until it is closed. */
final class KernelTrace implements AutoCloseable {
    private static final Path TRACING = Path.of("/sys/kernel/tracing");

    /** @param functions names or patterns, each of which the kernel must have */
    KernelTrace(String... functions) throws IOException {
        if (!Files.exists(TRACING.resolve("trace"))) {
            Guest.run("mount", "-t", "tracefs", "tracefs", TRACING.toString());
        }
        write("current_tracer", "nop");
        Files.writeString(TRACING.resolve("set_ftrace_filter"), "");
        for (String function : functions) {
            Files.writeString(TRACING.resolve("set_ftrace_filter"), function + "\n", StandardOpenOption.APPEND);
        }
        write("current_tracer", "function");
        write("trace", "");
    }

    private static void write(String file, String text) throws IOException {
        Files.writeString(TRACING.resolve(file), text);
    }

    /** The calls since the beginning, a line each, as the kernel prints them. */
    List<String> calls() throws IOException {
        return Files.readAllLines(TRACING.resolve("trace")).stream().filter(line -> !line.startsWith("#")).toList();
    }

    @Override
    public void close() throws IOException {
        write("current_tracer", "nop");
    }
}
