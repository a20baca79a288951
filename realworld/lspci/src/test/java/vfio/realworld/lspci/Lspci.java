// SPDX-License-Identifier: Apache-2.0
package vfio.realworld.lspci;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Debian's lspci, run over something that is not this machine. */
final class Lspci {
    private static final long SECONDS = 300;
    /** A machine without kernel modules has no index of them; that is said whatever is read. */
    private static final String NO_MODULES = "Unable to load libkmod resources";

    private final Path folder;

    /** @param folder for what it prints */
    Lspci(Path folder) {
        this.folder = folder;
    }

    /** Everything in numbers, of a hex dump. */
    String ofDump(Path dump) {
        return run("-F", dump.toString());
    }

    /** Everything in numbers, of a tree as in sysfs. */
    String ofTree(Path tree) {
        return run("-A", "linux-sysfs", "-O", "sysfs.path=" + tree.resolve("bus/pci"));
    }

    /** @throws AssertionError where it is missing, fails, or says anything on stderr */
    private String run(String... arguments) {
        List<String> command = new ArrayList<>(List.of("lspci", "-D", "-n", "-vvv"));
        command.addAll(List.of(arguments));
        Path out = folder.resolve("lspci.out");
        Path err = folder.resolve("lspci.err");
        try {
            ProcessBuilder builder = new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
            builder.environment().put("LC_ALL", "C");
            Process process = builder.start();
            if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new AssertionError(command + " did not end");
            }
            List<String> complaints;
            try (Stream<String> lines = Files.lines(err)) {
                complaints = lines.filter(line -> !line.contains(NO_MODULES)).toList();
            }
            if (process.exitValue() != 0 || !complaints.isEmpty()) {
                throw new AssertionError(command + " ended with " + process.exitValue() + " and said " + complaints);
            }
            return Files.readString(out, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new AssertionError("cannot run lspci; install Debian's package pciutils: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }
}
