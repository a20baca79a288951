// SPDX-License-Identifier: Apache-2.0
package vfio.realworld.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import vfio.core.device.Region;
import vfio.hardware.linux.LinuxHost;
import vfio.pci.core.user.FunctionHandle;
import vfio.pci.core.user.Interrupt;
import vfio.pci.core.user.Registers;

/** Prints how our accesses stand beside C's, on the same device in turn: for information, since emulation says little. */
@Tag("iommufd")
class BesideCTest {
    private static final String EDU = "0000:00:11.0";
    private static final int MSI = 1;
    private static final int TURNS = 2_000;
    private static final int SIGNALS = 50;
    private static final int ROUNDS = 3;

    /** When the last signal came. */
    private volatile long came;

    @BeforeAll
    static void give() throws Exception {
        Guest.give(EDU);
    }

    @AfterAll
    static void takeBack() throws Exception {
        Guest.takeBack(EDU);
    }

    @Test
    void everyAccessHasItsTwin() throws Exception {
        Map<String, double[]> ours = new TreeMap<>();
        Map<String, double[]> theirs = new TreeMap<>();
        for (int round = 0; round < ROUNDS; round++) {
            take(ours, round, java());
            take(theirs, round, c());
        }
        assertEquals(theirs.keySet(), ours.keySet());
        ours.forEach((name, values) -> {
            double java = median(values);
            double c = median(theirs.get(name));
            System.out.printf("%-14s %7.0f ns, C %7.0f ns, ratio %.2f%n", name, java, c, java / c);
            assertTrue(java > 0 && c > 0);
        });
    }

    private static void take(Map<String, double[]> all, int round, Map<String, Double> figures) {
        figures.forEach((name, value) -> all.computeIfAbsent(name, any -> new double[ROUNDS])[round] = value);
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    private static Map<String, Double> c() throws Exception {
        Path group = Path.of("/sys/bus/pci/devices", EDU, "iommu_group").toRealPath().getFileName();
        Path out = Files.createTempFile("twin", "");
        int status = new ProcessBuilder(System.getProperty("guest.twin"), group.toString(), EDU, "" + TURNS, "" + SIGNALS)
                .redirectErrorStream(true).redirectOutput(out.toFile()).start().waitFor();
        assertEquals(0, status, Files.readString(out));
        Map<String, Double> figures = new TreeMap<>();
        Files.readAllLines(out).forEach(line -> figures.put(line.split(" ")[0], Double.valueOf(line.split(" ")[1])));
        return figures;
    }

    private Map<String, Double> java() throws Exception {
        try (FunctionHandle edu = LinuxHost.open(EDU)) {
            Region region = edu.device().region(0);
            Registers bar = edu.bar(0);
            Map<String, Double> figures = new TreeMap<>();
            figures.put("region.read32", each(() -> region.read32(0)));
            figures.put("mapped.read32", each(() -> bar.read32(0)));
            figures.put("ioctl", each(() -> edu.device().irqInfo(MSI).count()));
            figures.put("callback", callback(edu, bar));
            return figures;
        }
    }

    private interface Access {
        int make();
    }

    private static double each(Access access) {
        int sum = 0;
        for (int i = 0; i < TURNS; i++) { // warm
            sum += access.make();
        }
        long begin = System.nanoTime();
        for (int i = 0; i < TURNS; i++) {
            sum += access.make();
        }
        long took = System.nanoTime() - begin;
        assertTrue(sum != Integer.MIN_VALUE);
        return took / (double) TURNS;
    }

    private double callback(FunctionHandle edu, Registers bar) {
        Interrupt done = edu.msi();
        edu.enableBusMaster();
        Semaphore heard = new Semaphore(0); // nobody spins: with two processors that would be in the way
        done.listen(() -> {
            came = System.nanoTime();
            heard.release();
        });
        double[] took = new double[SIGNALS];
        for (int i = 0; i < SIGNALS; i++) {
            long begin = System.nanoTime();
            bar.write32(0x60, 1);
            heard.acquireUninterruptibly();
            took[i] = came - begin;
            bar.write32(0x64, 1);
        }
        return median(took);
    }
}
