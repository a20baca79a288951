// SPDX-License-Identifier: Apache-2.0
package itest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import itest.Product.Result;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What a command does is the same whatever surrounds it: each of some environments by each of some commands. */
class SurroundingsIT {
    private static final String VF = "0000:01:00.2";

    @TempDir
    Path folder;
    private Path cwd;
    private Surroundings around;
    private Product product;
    private Path place;

    static Stream<Surroundings> surroundings() {
        return (Boolean.getBoolean("surroundings.all") ? Surroundings.all() : Surroundings.few()).stream();
    }

    @BeforeEach
    void makeDirectory() throws IOException {
        cwd = Files.createDirectory(folder.resolve("cwd"));
    }

    private List<String> line(String... args) {
        return product.through((around.shell().isEmpty() ? "" : around.shell() + "; ") + "exec \"$@\"", args);
    }

    private Result run(String... args) throws IOException, InterruptedException {
        Result result = Product.run(around.whole(), cwd, line(args));
        assertFalse(result.err().contains("internal error") || result.err().contains("Exception"), result::toString);
        return result;
    }

    private Result done(String... args) throws IOException, InterruptedException {
        Result result = run(args);
        assertEquals(0, result.code(), result::toString);
        return result;
    }

    @ParameterizedTest
    @MethodSource("surroundings")
    void everyCommandWorks(Surroundings surroundings) throws Exception {
        around = surroundings;
        place = folder.resolve(surroundings.place());
        product = surroundings.place().equals("p") ? Product.here() : Product.copiedTo(place);
        String directory = place.resolve("run").toString();
        Process daemon = Product.start(around.whole(), cwd, line("run", "--dir", directory, "--drivers",
                place.resolve("drivers").toString()));
        try {
            withoutADaemon();
            withOne(directory, daemon.inputReader(StandardCharsets.UTF_8));
            assertEquals(0, daemon.waitFor());
        } finally {
            daemon.destroy();
        }
    }

    private void withoutADaemon() throws IOException, InterruptedException {
        String none = place.resolve("none").toString();
        assertTrue(done("--version").out().startsWith("vfio "));
        assertTrue(done("--dir", none, "list", "--bus", "emulated").out().contains(VF + "  15b3:101e"));
        Result doctor = run("--dir", none, "doctor");
        assertTrue(doctor.code() <= 1 && !doctor.out().isEmpty(), doctor::toString);
        Result refused = run("--dir", none, "bind", VF);
        assertEquals(3, refused.code(), refused::toString);
        assertTrue(refused.err().contains("no daemon runs in " + none), refused::toString);
    }

    private void withOne(String directory, BufferedReader daemon) throws IOException, InterruptedException {
        String ready = daemon.readLine();
        assertTrue(ready != null && ready.startsWith("ready: 16 functions on emulated, 0 bound"), () -> "said: " + ready);
        assertTrue(done("--dir", directory, "list").out().contains(VF + "  15b3:101e"));
        done("--dir", directory, "bind", VF);
        assertTrue(done("--dir", directory, "list").out().contains(VF + "  15b3:101e  vfio-pci"));
        done("--dir", directory, "stop");
    }
}
