// SPDX-License-Identifier: Apache-2.0
package vfio.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;

/** A daemon whose functions have a driver with a state, which is updated while a user reads registers of those it has open. */
final class UpdatedDaemon implements AutoCloseable {
    private static final String DRIVER = "bench.driver";
    private static final long LIMIT_NANOS = TimeUnit.SECONDS.toNanos(60);
    private static final long POLL_MILLIS = 2;

    private final Place place;
    private final Path samples;
    private final VfioRun daemon;
    private int version = 1;
    private int lines;

    /**
     * What one update was like, in nanoseconds.
     *
     * @param whole from its beginning to the last function
     * @param copied from the copy of the file to the last function
     * @param pauses of the open functions
     * @param control the longest calls in as many spans of these lengths before it
     */
    record Update(long whole, long copied, double[] pauses, double[] control) {
    }

    /** Starts a daemon, and returns when the functions are open. */
    UpdatedDaemon(Place place, int functions, int open) throws IOException, InterruptedException {
        this.place = place;
        samples = place.folder("samples").resolve("samples");
        Path topology = Topology.of(place, functions);
        daemon = new VfioRun(place, List.of(), List.of("-Dbench.functions=" + functions, "-Dbench.open=" + open,
                "-Dbench.samples=" + samples), "--topology", topology.toString(),
                "--set=vfio.deploy:soakSeconds=0");
        copy("bench/users/target", "bench.users", "users.jar", "1.0.0");
        copy("bench/driver/target", DRIVER, "driver.jar", "1.0.0");
        daemon.bindAll(functions);
        awaitLine();
    }

    /** Copies the driver's next version, and returns when every function has it. */
    Update update() throws IOException, InterruptedException {
        long start = copy("bench/driver/target", DRIVER, "driver.jar", ++version + ".0.0");
        String[] told = awaitLine().split(" ");
        long began = Long.parseLong(told[0]);
        long last = Long.parseLong(told[1]);
        return new Update(last - began, last - start, numbers(told[2]), numbers(told[3]));
    }

    private static double[] numbers(String joined) {
        return joined.equals("-") ? new double[0] : Arrays.stream(joined.split(",")).mapToDouble(Double::parseDouble).toArray();
    }

    /** Puts a version of a bundle into the drivers folder, whole; when its copy began, by {@link System#nanoTime}. */
    private long copy(String folder, String bundle, String name, String as) throws IOException {
        Path made = place.temporary().resolve("version.jar");
        try (JarFile from = new JarFile(place.jar(folder, bundle).toFile())) {
            Manifest manifest = from.getManifest();
            manifest.getMainAttributes().put(new Attributes.Name("Bundle-Version"), as);
            try (JarOutputStream to = new JarOutputStream(Files.newOutputStream(made), manifest)) {
                for (JarEntry entry : from.stream().filter(one -> !one.getName().equals(JarFile.MANIFEST_NAME)).toList()) {
                    to.putNextEntry(new JarEntry(entry.getName()));
                    from.getInputStream(entry).transferTo(to);
                }
            }
        }
        long start = System.nanoTime();
        Files.move(made, daemon.drivers().resolve(name), StandardCopyOption.ATOMIC_MOVE);
        return start;
    }

    private String awaitLine() throws IOException, InterruptedException {
        long end = System.nanoTime() + LIMIT_NANOS;
        while (System.nanoTime() < end) {
            List<String> all = Files.exists(samples) ? Files.readAllLines(samples) : List.of();
            if (all.size() > lines) {
                return all.get(lines++);
            }
            Thread.sleep(POLL_MILLIS);
        }
        throw new IOException("version " + version + " of " + DRIVER + " does not have all functions after a minute: "
                + ControlClient.ask(daemon.directory(), "update"));
    }

    @Override
    public void close() throws IOException {
        daemon.close();
    }
}
