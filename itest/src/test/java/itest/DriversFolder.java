// SPDX-License-Identifier: Apache-2.0
package itest;

import static itest.RunningCore.waiting;
import static org.junit.Assert.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import vfio.deploy.DeployAdmin;
import vfio.deploy.DeployAdmin.FileRow;

/** The folder that vfio.deploy watches in a test: jars are copied into it and deleted, as an operator does. */
final class DriversFolder {
    private final RunningCore core;
    private final Path folder;

    /** Begins empty; an update is over at once. */
    DriversFolder(RunningCore core, String name) throws IOException {
        this(core, name, 0);
    }

    /** Begins empty. */
    DriversFolder(RunningCore core, String name, long soakSeconds) throws IOException {
        this.core = core;
        Path home = Files.createDirectories(Path.of(System.getProperty("itest.directory"), name));
        // Whatever the umask of who builds: vfio.deploy trusts no folder that others may write.
        Files.setPosixFilePermissions(home, PosixFilePermissions.fromString("rwx------"));
        folder = Files.createDirectories(home.resolve("drivers"));
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
        clear();
        core.configure("vfio.deploy", "folders", new String[] {folder.toString()}, "staging",
                home.resolve("staging").toString(), "startLimitMillis", 2000L, "patienceMillis", 300L, "soakSeconds",
                soakSeconds, "updateRetryMillis", 100L);
        admin();
    }

    DeployAdmin admin() {
        return core.service(DeployAdmin.class);
    }

    /** Copies a jar in, under its own name; returns at once. */
    void put(Path jar) throws IOException {
        put(jar.getFileName().toString(), Files.readAllBytes(jar));
    }

    void put(String name, byte[] content) throws IOException {
        Path file = Files.write(folder.resolve(name), content);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
    }

    /** Deletes a jar; returns at once. */
    void delete(Path jar) throws IOException {
        Files.delete(folder.resolve(jar.getFileName()));
    }

    /** Deletes all jars. */
    void clear() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
    }

    /** Deletes all jars and waits until their bundles are gone. */
    void empty() throws IOException {
        clear();
        waiting("an empty folder").until(() -> admin().files().isEmpty());
    }

    /** Waits until a file has come to a state, and answers its reason, null where there is none. */
    String awaitState(String file, String state) {
        waiting(file + " " + state)
                .untilAsserted(() -> assertEquals(admin().files().toString(), List.of(state), states(file)));
        return admin().files().stream().filter(row -> row.file().equals(file)).findFirst().orElseThrow()
                .reason();
    }

    String awaitState(Path jar, String state) {
        return awaitState(jar.getFileName().toString(), state);
    }

    private List<String> states(String file) {
        return admin().files().stream().filter(row -> row.file().equals(file)).map(FileRow::state).toList();
    }
}
