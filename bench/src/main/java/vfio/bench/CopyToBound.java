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
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * Milliseconds from copying a better driver's jar into the drivers folder to the event that a function under auto is bound
 * to it. The jar is deleted in between, which hands the function to the generic driver.
 */
final class CopyToBound implements Measurement {
    private static final int RUNS = 15;
    private static final int WARMUP = 3;
    private static final int LIMIT_SECONDS = 30;
    private static final String BETTER = "mlx5_vfio_pci";
    private static final String GENERIC = "vfio-pci";

    private record Bound(String function, String text, long nanoTime) {
    }

    @Override
    public Result measure(Place place) throws IOException, InterruptedException {
        double[] samples = new double[RUNS];
        try (Daemon daemon = new Daemon(place, List.of("vfio.pci.generic"))) {
            daemon.awaitMatching();
            String function = function(daemon);
            try (ControlClient events = new ControlClient(daemon.directory(), "events", "--follow", "--json")) {
                BlockingQueue<Bound> bound = follow(events, function);
                ControlClient.ask(daemon.directory(), "policy", function, "auto");
                await(bound, GENERIC);
                for (int run = -WARMUP; run < RUNS; run++) {
                    double milliseconds = once(place, daemon, bound);
                    if (run >= 0) {
                        samples[run] = milliseconds;
                    }
                }
            }
        }
        return Result.of("deploy.copyToBound", "ms", samples);
    }

    private static double once(Place place, Daemon daemon, BlockingQueue<Bound> bound)
            throws IOException, InterruptedException {
        Path jar = place.driver("vfio.pci.mlx5");
        Path target = daemon.drivers().resolve(jar.getFileName());
        Path staged = place.temporary().resolve("staged.jar");
        long start = System.nanoTime();
        Files.copy(jar, staged, StandardCopyOption.REPLACE_EXISTING);
        Files.move(staged, target, StandardCopyOption.ATOMIC_MOVE);
        double milliseconds = (await(bound, BETTER) - start) / 1e6;
        Files.delete(target);
        await(bound, GENERIC);
        return milliseconds;
    }

    /** A ConnectX virtual function of the built-in topology. */
    private static String function(Daemon daemon) throws IOException {
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
