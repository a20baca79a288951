// SPDX-License-Identifier: Apache-2.0
package launcher;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import vfio.admin.ExitCode;

/**
 * A folder for the life of this process, private to its user, at the first place that can be written to. A place from which
 * programs can be started is preferred: native libraries are unpacked in the folder.
 */
final class ScratchFolder {
    private static final FileAttribute<Set<PosixFilePermission>> PRIVATE =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

    private ScratchFolder() {
    }

    /**
     * Makes a folder, and has it removed when the process ends.
     *
     * @param prefix of its name
     */
    static Path make(String prefix, Home home) throws LaunchException {
        List<Path> places = places(System.getProperty("java.io.tmpdir"), System.getenv("XDG_RUNTIME_DIR"), home);
        Path folder = make(prefix, places);
        Thread cleaning = new Thread(() -> remove(folder));
        Runtime.getRuntime().addShutdownHook(cleaning); // also after Ctrl-C
        return folder;
    }

    private static List<Path> places(String temporary, String runtime, Home home) {
        List<Path> places = new ArrayList<>();
        places.add(Path.of(temporary));
        if (runtime != null && runtime.startsWith("/")) {
            places.add(Path.of(runtime));
        }
        places.add(Path.of("/var/tmp"));
        places.add(Path.of("/dev/shm"));
        places.add(home.path().resolve("target"));
        return places;
    }

    /** Makes a folder in the first of these places that holds programs, else in the first that can be written to. */
    static Path make(String prefix, List<Path> places) throws LaunchException {
        String name = prefix + ProcessHandle.current().pid() + "-" + Long.toString(System.nanoTime(), Character.MAX_RADIX);
        List<String> refusals = new ArrayList<>();
        Path without = null;
        for (Path place : places) {
            Path folder = place.resolve(name);
            try {
                Directories.checkLength(folder);
                Files.createDirectory(folder, PRIVATE);
                if (holdsPrograms(folder)) {
                    return folder;
                }
                Files.delete(folder);
                without = without == null ? place : without;
            } catch (IOException | LaunchException e) {
                refusals.add(place + " (" + e.getMessage() + ")");
            }
        }
        return made(without, name, refusals);
    }

    private static Path made(Path place, String name, List<String> refusals) throws LaunchException {
        try {
            if (place != null) {
                return Files.createDirectory(place.resolve(name), PRIVATE);
            }
        } catch (IOException e) {
            refusals.add(place + " (" + e.getMessage() + ")");
        }
        throw new LaunchException(ExitCode.REFUSED, "cannot make a temporary folder in any of " + String.join(", ", refusals)
                + "; name one with VFIO_JAVA_OPTS=-Djava.io.tmpdir=DIR");
    }

    /** Returns whether the folder is not mounted noexec, which access(2) says of files alone. */
    private static boolean holdsPrograms(Path folder) throws IOException {
        Path probe = Files.createFile(folder.resolve("probe"), PRIVATE);
        boolean executable = Files.isExecutable(probe);
        Files.delete(probe);
        return executable;
    }

    private static void remove(Path folder) {
        try {
            FileTree.delete(folder);
        } catch (IOException e) {
            System.err.println("vfio: cannot remove " + folder + ": " + e);
        }
    }
}
