// SPDX-License-Identifier: Apache-2.0
package vfio.bench;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * Milliseconds from copying a better driver's jar into the drivers folder to the event that a function under auto is bound
 * to it. The jar is deleted in between, which hands the function to the generic driver. The peer, in turn, is a bare
 * framework with FileInstall: the same copy, until the driver's service is registered.
 */
final class CopyToBound implements Measurement {
    private static final int RUNS = 15;
    private static final int WARMUP = 3;
    private static final int LIMIT_SECONDS = 30;
    private static final int POLL_MILLIS = 100;
    private static final long SEED = 20_260_101;
    private static final String BETTER = "mlx5_vfio_pci";
    private static final String GENERIC = "vfio-pci";

    private record Bound(String function, String text, long nanoTime) {
    }

    @Override
    public Result measure(Place place) throws IOException, InterruptedException {
        double[] ours = new double[RUNS];
        double[] theirs = new double[RUNS];
        Random random = new Random(SEED);
        Path installed = place.folder("installed");
        BareJava java = BareJava.asOfDaemon(place);
        try (VfioRun daemon = new VfioRun(place, List.of("vfio.pci.generic"));
                BareProcess bare = withFileInstall(place, java, installed)) {
            daemon.awaitMatching();
            bare.awaitActive();
            String function = function(daemon);
            try (ControlClient events = new ControlClient(daemon.directory(), "events", "--follow", "--json")) {
                BlockingQueue<Bound> bound = follow(events, function);
                ControlClient.ask(daemon.directory(), "policy", function, "auto");
                await(bound, GENERIC);
                for (int run = -WARMUP; run < RUNS; run++) {
                    Thread.sleep(random.nextInt(POLL_MILLIS)); // else each copy meets the poll in the same phase
                    double our = ours(place, daemon, bound);
                    Thread.sleep(random.nextInt(POLL_MILLIS));
                    double their = theirs(place, installed, bare);
                    if (run >= 0) {
                        ours[run] = our;
                        theirs[run] = their;
                    }
                }
            }
        }
        return Result.of("deploy.copyToBound", "ms", ours, "FileInstall, poll 100 ms", theirs);
    }

    /** Starts the peer. What the driver imports, and its imports in turn, is installed and not started. */
    private static BareProcess withFileInstall(Place place, BareJava java, Path folder) throws IOException {
        Map<String, String> settings = Map.of(
                "felix.fileinstall.dir", folder.toString(), "felix.fileinstall.tmpdir", place.folder("tmpdir").toString(),
                "felix.fileinstall.poll", Integer.toString(POLL_MILLIS), "felix.fileinstall.noInitialDelay", "true");
        return new BareProcess(place, java, settings, List.of(
                place.jar("bench/target/lib", "org.apache.felix.fileinstall").toString(), BareFramework.LIBRARIES,
                place.jar("launcher/target/bundles", "vfio.core").toString(),
                place.jar("launcher/target/bundles", "vfio.iommu").toString(),
                place.jar("launcher/target/bundles", "vfio.pci.core").toString()));
    }

    private static double ours(Place place, VfioRun daemon, BlockingQueue<Bound> bound)
            throws IOException, InterruptedException {
        long start = System.nanoTime();
        Path jar = copy(place, daemon.drivers());
        double milliseconds = (await(bound, BETTER) - start) / 1e6;
        Files.delete(jar);
        await(bound, GENERIC);
        return milliseconds;
    }

    private static double theirs(Place place, Path folder, BareProcess bare) throws IOException, InterruptedException {
        long start = System.nanoTime();
        Path jar = copy(place, folder);
        double milliseconds = (bare.await(BareFramework.DRIVER_CAME) - start) / 1e6;
        Files.delete(jar);
        bare.await(BareFramework.DRIVER_WENT);
        return milliseconds;
    }

    /** Copies the driver's jar beside the folder and moves it there whole. */
    private static Path copy(Place place, Path folder) throws IOException {
        Path jar = place.driver("vfio.pci.mlx5");
        Path staged = Files.copy(jar, place.temporary().resolve("staged.jar"), StandardCopyOption.REPLACE_EXISTING);
        return Files.move(staged, folder.resolve(jar.getFileName()), StandardCopyOption.ATOMIC_MOVE);
    }

    /** A ConnectX virtual function of the built-in topology. */
    private static String function(VfioRun daemon) throws IOException {
        String list = ControlClient.ask(daemon.directory(), "list", "--json");
        for (JsonElement each : JsonParser.parseString(list).getAsJsonObject().getAsJsonArray("functions")) {
            JsonObject row = each.getAsJsonObject();
            if (row.get("vendor").getAsString().equals("15b3") && row.get("device").getAsString().equals("101e")) {
                return row.get("address").getAsString();
            }
        }
        throw new IOException("the built-in topology has no 15b3:101e");
    }

    private static BlockingQueue<Bound> follow(ControlClient events, String function) {
        BlockingQueue<Bound> bound = new ArrayBlockingQueue<>(1024);
        Thread reader = new Thread(() -> {
            BufferedReader lines = new BufferedReader(new InputStreamReader(events, StandardCharsets.UTF_8));
            lines.lines().forEach(line -> {
                long now = System.nanoTime();
                for (JsonElement each : JsonParser.parseString(line).getAsJsonObject().getAsJsonArray("events")) {
                    JsonObject event = each.getAsJsonObject();
                    String subject = event.get("subject").getAsString();
                    if (event.get("type").getAsString().equals("bound") && subject.endsWith(function)) {
                        bound.add(new Bound(subject, event.get("text").getAsString(), now));
                    }
                }
            });
        }, "events");
        reader.setDaemon(true);
        reader.start();
        return bound;
    }

    /** When the event came that the function is bound to the driver. */
    private static long await(BlockingQueue<Bound> bound, String driver) throws IOException, InterruptedException {
        Bound event = bound.poll(LIMIT_SECONDS, TimeUnit.SECONDS);
        if (event == null || !event.text().startsWith(driver)) {
            throw new IOException("expected the function to be bound to " + driver + " within " + LIMIT_SECONDS + " s, got "
                    + event);
        }
        return event.nanoTime();
    }
}
