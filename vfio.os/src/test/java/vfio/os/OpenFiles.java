// SPDX-License-Identifier: Apache-2.0
package vfio.os;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** What this process holds, by /proc/self. */
public final class OpenFiles {

    private OpenFiles() {
    }

    /** Descriptors, but those of the classes and logs that the machine opens and closes as it likes. */
    public static long descriptors() {
        try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
            return all.filter(OpenFiles::isOurs).count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean isOurs(Path descriptor) {
        try {
            String target = Files.readSymbolicLink(descriptor).toString();
            return target.startsWith("anon_inode:") || target.startsWith("socket:") || target.startsWith("/memfd:")
                    || target.contains("junit");
        } catch (IOException e) { // closed meanwhile, as the one that lists them
            return false;
        }
    }

    /** Mappings whose name has a text. */
    public static long mappings(String name) {
        try (Stream<String> all = Files.lines(Path.of("/proc/self/maps"))) {
            return all.filter(line -> line.contains(name)).count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Whether a descriptor would be there after exec, by its flags. */
    static boolean closedOnExec(int fd) {
        try {
            String flags = Files.readAllLines(Path.of("/proc/self/fdinfo/" + fd)).stream()
                    .filter(line -> line.startsWith("flags:")).findFirst().orElseThrow();
            return (Integer.parseInt(flags.substring("flags:".length()).trim(), 8) & 0x80000) != 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
