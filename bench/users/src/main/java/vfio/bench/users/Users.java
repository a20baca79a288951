// SPDX-License-Identifier: Apache-2.0
package vfio.bench.users;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import vfio.core.Event;
import vfio.core.EventLog;
import vfio.core.device.Region;
import vfio.core.device.VfioUser;
import vfio.pci.core.admin.PciAdmin;
import vfio.pci.core.admin.PciAdmin.FunctionRow;
import vfio.pci.core.user.VfioPciDevices;

/**
 * Opens the first {@code bench.open} of {@code bench.functions} functions once all are bound, and reads their registers in turn
 * on one thread. Of each update of their driver it appends a line to the file {@code bench.samples}: when the update began and
 * when the last function had the new version, by {@link System#nanoTime}; the pause of each open function; and the longest call
 * in a span of the same length before the update.
 */
@Component(immediate = true, service = Users.class)
public final class Users implements VfioUser {
    private static final String DRIVER = "bench_counter";
    private static final int FUNCTIONS = Integer.getInteger("bench.functions", 0);
    private static final int OPEN = Integer.getInteger("bench.open", 0);
    private static final Path SAMPLES = Path.of(System.getProperty("bench.samples", "/dev/null"));
    private static final Pattern PAUSE = Pattern.compile("pause (\\d+) us");
    private static final long POLL_MILLIS = 10;
    /** The spans before an update end this long before it. */
    private static final long APART = 1_000_000;

    private final LongCalls calls = new LongCalls();
    private final BlockingQueue<Seen> seen = new LinkedBlockingQueue<>();

    private record Seen(Event event, long nanos) {
    }

    @Activate
    public Users(@Reference PciAdmin admin, @Reference VfioPciDevices devices, @Reference EventLog events) {
        events.tap(event -> seen.add(new Seen(event, System.nanoTime())));
        start("bench-user", () -> use(admin, devices));
        start("bench-samples", this::sample);
    }

    private interface Act {
        void run() throws InterruptedException, IOException;
    }

    private static void start(String name, Act act) {
        Thread thread = new Thread(() -> {
            try {
                act.run();
            } catch (InterruptedException | IOException e) {
                throw new IllegalStateException(e);
            }
        }, name);
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public String name() {
        return "bench";
    }

    private void use(PciAdmin admin, VfioPciDevices devices) throws InterruptedException, IOException {
        List<FunctionRow> bound = List.of();
        while (bound.size() < FUNCTIONS) {
            Thread.sleep(POLL_MILLIS);
            bound = admin.functions().stream().filter(row -> DRIVER.equals(row.driver())).toList();
        }
        List<Region> open = new ArrayList<>();
        for (FunctionRow row : bound.subList(0, OPEN)) {
            open.add(devices.open(row.address(), this).region(0));
        }
        append("open");
        while (OPEN > 0) {
            for (Region registers : open) {
                long from = System.nanoTime();
                registers.read64(0);
                calls.note(from, System.nanoTime());
            }
        }
    }

    private void sample() throws InterruptedException, IOException {
        long began = 0;
        int functions = 0;
        List<Long> pauses = new ArrayList<>();
        while (true) {
            Seen next = seen.take();
            if (next.event.type().equals("update-begun")) {
                began = next.nanos;
                functions = 0;
                pauses.clear();
            } else if (next.event.type().equals("driver-updated")) {
                Matcher pause = PAUSE.matcher(next.event.text());
                if (pause.find()) {
                    pauses.add(TimeUnit.MICROSECONDS.toNanos(Long.parseLong(pause.group(1))));
                }
                if (++functions == FUNCTIONS) {
                    append(began + " " + next.nanos + " " + joined(pauses) + " " + joined(before(began, pauses)));
                }
            }
        }
    }

    /** Returns the longest calls in spans of these lengths, one before the other. */
    private List<Long> before(long update, List<Long> lengths) {
        List<Long> longest = new ArrayList<>();
        long to = update - APART;
        for (long length : lengths) {
            longest.add(calls.longest(to - length, to));
            to -= length;
        }
        return longest;
    }

    private static String joined(List<Long> numbers) {
        return numbers.isEmpty() ? "-" : numbers.stream().map(Object::toString).collect(Collectors.joining(","));
    }

    private static void append(String line) throws IOException {
        Files.writeString(SAMPLES, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }
}
