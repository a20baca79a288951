// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.device;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.stream.Stream;

/** Who has files open, as far as this program may look into others. */
final class Holders {
    private static final Path PROCESSES = Path.of("/proc");

    private Holders() {
    }

    /** Names of programs with their process ids, such as {@code qemu-system-x86 (4711)}. */
    static List<String> of(Collection<String> files) {
        try (Stream<Path> all = Files.list(PROCESSES)) {
            return all.filter(process -> process.getFileName().toString().matches("[0-9]{1,9}"))
                    .filter(process -> holds(process, files)).map(Holders::name).toList();
        } catch (IOException | UncheckedIOException e) {
            return List.of();
        }
    }

    private static boolean holds(Path process, Collection<String> files) {
        try (Stream<Path> descriptors = Files.list(process.resolve("fd"))) {
            return descriptors.anyMatch(descriptor -> files.contains(target(descriptor)));
        } catch (IOException | UncheckedIOException e) { // it is another user's, or has ended
            return false;
        }
    }

    private static String target(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString();
        } catch (IOException e) { // closed meanwhile
            return "";
        }
    }

    private static String name(Path process) {
        String pid = process.getFileName().toString();
        try {
            return Files.readString(process.resolve("comm")).replaceAll("[^\\x20-\\x7e]", "") + " (" + pid + ")";
        } catch (IOException e) {
            return pid;
        }
    }

    /** To stand behind "has it open". */
    static String text(List<String> holders) {
        return holders.isEmpty() ? "" : ": " + String.join(", ", holders);
    }
}
