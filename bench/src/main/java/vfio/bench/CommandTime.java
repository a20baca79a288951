// SPDX-License-Identifier: Apache-2.0
package vfio.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Milliseconds from exec of {@code ./vfio list} to its end, against a daemon that runs, beside a bare JVM that says one word.
 *
 * @param functions how many the emulated bus has, 0 for the built-in topology
 */
record CommandTime(String name, int functions, int runs) implements Measurement {
    private static final long LIMIT_SECONDS = 60;

    @Override
    public Result measure(Place place) throws IOException, InterruptedException {
        String[] options = functions == 0 ? new String[0]
                : new String[] {"--topology", Topology.of(place, functions).toString()};
        List<String> list = List.of(place.home().resolve("vfio").toString(), "list");
        List<String> hello = List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1", "-Xshare:auto",
                "-cp", System.getProperty("java.class.path"), Hello.class.getName());
        double[] ours = new double[runs];
        double[] theirs = new double[runs];
        try (VfioRun daemon = new VfioRun(place, List.of("vfio.pci.generic"), options)) {
            daemon.awaitMatching();
            Map<String, String> environment = Map.of("VFIO_DIR", daemon.directory().toString());
            for (int run = -1; run < runs; run++) { // the first fills the archive of parsed classes
                double our = once(list, environment);
                double their = once(hello, environment);
                if (run >= 0) {
                    ours[run] = our;
                    theirs[run] = their;
                }
            }
        }
        return Result.of(name, "ms", ours, "a bare JVM", theirs);
    }

    private static double once(List<String> command, Map<String, String> environment)
            throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD);
        builder.environment().putAll(environment);
        long start = System.nanoTime();
        Process process = builder.start();
        if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
            process.destroyForcibly();
            throw new IOException(String.join(" ", command) + " did not end with 0 within " + LIMIT_SECONDS + " s");
        }
        return (System.nanoTime() - start) / 1e6;
    }

    /** The least that a Java program can be. */
    static final class Hello {
        private Hello() {
        }

        public static void main(String[] arguments) {
            System.out.println("hello");
        }
    }
}
