// SPDX-License-Identifier: Apache-2.0
package itest;

import static org.junit.Assert.assertTrue;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.LockSupport;
import vfio.core.Errno;
import vfio.core.EventSignal;
import vfio.core.IrqRequest;
import vfio.core.VfioException;
import vfio.core.device.DeviceHandle;
import vfio.core.device.Mapping;
import vfio.core.device.Region;
import vfio.core.device.VfioUser;
import vfio.pci.core.user.VfioPciDevices;

/** What users do with functions that come and go under them: it works, or answers an errno that says why not. */
final class StressUsers {
    private static final int CONFIG = 7;
    private static final int MSIX = 2;
    private static final int COMMAND = 4;
    private static final int IDS = 0x10d3_8086;
    private static final int TAG = 0x5a5a_0000;
    private static final long REFUSED_PAUSE = 2_000_000;
    /** What a function that leaves, is reset or asleep may answer. */
    private static final Set<Errno> EXPECTED =
            EnumSet.of(Errno.ENODEV, Errno.EIO, Errno.EBUSY, Errno.EAGAIN, Errno.EINVAL, Errno.ENOTTY, Errno.EBADF);

    private final VfioPciDevices devices;
    private final StressHardware hardware;
    private final StressTally tally;

    StressUsers(VfioPciDevices devices, StressHardware hardware, StressTally tally) {
        this.devices = devices;
        this.hardware = hardware;
        this.tally = tally;
    }

    /** Runs an act; an errno is an answer as long as no code of ours or of a driver broke. */
    void attempt(String what, Runnable act) {
        try {
            act.run();
            tally.count(what);
        } catch (VfioException e) {
            assertTrue(what + ": " + e.getMessage(), EXPECTED.contains(e.errno()) && !e.getMessage().contains(" threw "));
            tally.count(what + " " + e.errno());
            LockSupport.parkNanos(REFUSED_PAUSE); // else those who are refused leave the others no processor
        }
    }

    private DeviceHandle open(String function) {
        boolean polite = ThreadLocalRandom.current().nextBoolean();
        return tally.passing(devices.open(function, new VfioUser() {
            @Override
            public String name() {
                return "a user under stress";
            }

            @Override
            public void requested(DeviceHandle handle) {
                if (polite) {
                    handle.close();
                }
            }
        }));
    }

    /** One user's time with one of the functions that share a bus. */
    void visit() {
        String function = StressHardware.SHARED.get(ThreadLocalRandom.current().nextInt(StressHardware.SHARED.size()));
        attempt("open", () -> {
            try (DeviceHandle handle = open(function)) {
                attempt("region", () -> useRegion(handle));
                attempt("config", () -> useConfig(handle));
                attempt("interrupts", () -> useInterrupts(handle, function));
                if (ThreadLocalRandom.current().nextInt(4) == 0) {
                    attempt("reset", handle::reset);
                }
            }
        });
    }

    private void useRegion(DeviceHandle handle) {
        Region region = handle.region(0);
        Mapping mapping = tally.passing(handle.map(0));
        for (int i = 0; i < 64; i++) {
            mapping.write32(4 * i, TAG | i);
            checkMemory(mapping.read32(4 * i));
            region.write32(4 * i, TAG | i);
            checkMemory(region.read32(4 * i));
        }
    }

    private static void checkMemory(int value) {
        assertTrue("memory of nobody: " + Integer.toHexString(value), value == -1 || value == 0
                || (value & 0xffff0000) == TAG);
    }

    /** Switches memory off and on again. */
    private void useConfig(DeviceHandle handle) {
        Region config = handle.region(CONFIG);
        int ids = config.read32(0);
        assertTrue(Integer.toHexString(ids), ids == IDS || ids == -1);
        short command = config.read16(COMMAND);
        config.write16(COMMAND, (short) (command & ~2));
        config.write16(COMMAND, (short) (command | 2));
    }

    private void useInterrupts(DeviceHandle handle, String function) {
        EventSignal signal = EventSignal.calling(() -> tally.count("interrupt of a shared function"));
        handle.setIrqs(IrqRequest.trigger(MSIX, 0, signal, signal));
        attempt("raise", () -> hardware.raise(function, 1));
        handle.setIrqs(IrqRequest.disable(MSIX));
    }

    /** Opens the functions of the bus and resets it. */
    void hotReset() {
        List<DeviceHandle> owned = new ArrayList<>();
        attempt("hot reset", () -> {
            try {
                StressHardware.SHARED.forEach(function -> owned.add(open(function)));
                devices.hotReset(owned.get(0), owned);
            } finally {
                owned.forEach(DeviceHandle::close);
            }
        });
    }

    /** Each interrupt raised while the handle is open must come, exactly once; the driver may be replaced meanwhile. */
    void countInterrupts() {
        AtomicIntegerArray came = new AtomicIntegerArray(StressHardware.VECTORS);
        EventSignal[] signals = new EventSignal[StressHardware.VECTORS];
        for (int i = 0; i < signals.length; i++) {
            int vector = i;
            signals[i] = EventSignal.calling(() -> came.incrementAndGet(vector));
        }
        attempt("interrupt session", () -> {
            try (DeviceHandle handle = open(StressHardware.CALM)) {
                handle.setIrqs(IrqRequest.trigger(MSIX, 0, signals));
                for (int n = 0; n < 200 && handle.isOpen(); n++) {
                    raiseOnce(handle, n % StressHardware.VECTORS, came);
                }
                handle.setIrqs(IrqRequest.disable(MSIX));
            }
            int before = came.get(0);
            hardware.raise(StressHardware.CALM, 0);
            assertTrue("an interrupt after the close", came.get(0) == before);
        });
    }

    private void raiseOnce(DeviceHandle handle, int vector, AtomicIntegerArray came) {
        int before = came.get(vector);
        hardware.raise(StressHardware.CALM, vector);
        int more = came.get(vector) - before;
        assertTrue(more + " for one interrupt", more == 1 || more == 0 && !handle.isOpen());
        tally.count(more == 1 ? "interrupt" : "interrupt of a device that left");
    }
}
