// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.function;

import java.util.HashMap;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.IntFunction;
import vfio.core.Errno;
import vfio.core.EventSignal;
import vfio.core.Thrown;
import vfio.core.VfioException;
import vfio.core.device.RegionOperations;
import vfio.pci.core.id.RegionIndex;

/**
 * The registers of BARs that are written when a signal comes (VFIO_DEVICE_IOEVENTFD; vfio_pci_ioeventfd, vfio_pci_rdwr.c).
 * They live until their function is closed.
 */
final class IoEvents {
    private static final int MOST = 1000;

    private final String function;
    private final IntFunction<RegionOperations> bars;
    private final MsixTable msix;
    private final long memoryRegions;
    private final BooleanSupplier memoryEnabled;
    private final Map<Event, AutoCloseable> events = new HashMap<>();

    /** The write that a signal causes. */
    private record Event(int region, long offset, int width, long value) {
    }

    /**
     * Makes the set of a function, empty.
     *
     * @param memoryRegions a bit for each BAR that answers only while memory is decoded
     */
    IoEvents(String function, IntFunction<RegionOperations> bars, MsixTable msix, long memoryRegions,
            BooleanSupplier memoryEnabled) {
        this.function = function;
        this.bars = bars;
        this.msix = msix;
        this.memoryRegions = memoryRegions;
        this.memoryEnabled = memoryEnabled;
    }

    /**
     * Sets up a write at each signal, or with a null signal takes it away.
     *
     * @throws VfioException EINVAL where the place cannot have one; EEXIST where the same write is set up; ENODEV where there
     *     is none to take away; ENOSPC where there are 1000; EBADF where the signal is closed
     */
    synchronized void set(int region, long offset, int width, long value, EventSignal signal) {
        RegionOperations bar = checked(region, offset, width);
        Event event = new Event(region, offset, width, value);
        AutoCloseable old = events.get(event);
        if (signal == null) {
            if (old == null) {
                throw refused(Errno.ENODEV, event, "there is none such to take away");
            }
            events.remove(event);
            end(old);
            return;
        }
        if (old != null) {
            throw refused(Errno.EEXIST, event, "there is one already");
        }
        if (events.size() >= MOST) {
            throw refused(Errno.ENOSPC, event, "there are " + MOST + ", and no more can be");
        }
        if (!signal.usable()) {
            throw refused(Errno.EBADF, event, "the signal is closed");
        }
        boolean ports = (memoryRegions >>> region & 1) == 0;
        events.put(event, signal.listen(() -> write(bar, event, ports)));
    }

    private RegionOperations checked(int region, long offset, int width) {
        Event asked = new Event(region, offset, width, 0);
        if (region < 0 || region > RegionIndex.BAR5 || width < 1 || width > Long.BYTES || Integer.bitCount(width) != 1) {
            throw refused(Errno.EINVAL, asked, "it is for BARs, in 1, 2, 4 or 8 bytes");
        }
        RegionOperations bar = bars.apply(region);
        boolean within = offset >= 0 && offset <= bar.size() - width && offset % width == 0 && width <= bar.widest();
        if (!within || region == msix.bar() && msix.covers(offset, width)) {
            throw refused(Errno.EINVAL, asked, "no such register can be written there");
        }
        return bar;
    }

    /** Writes the register; while memory is disabled the write is dropped, as one of the user. */
    private void write(RegionOperations bar, Event event, boolean ports) {
        if (ports || memoryEnabled.getAsBoolean()) {
            bar.write(event.offset, event.width, event.value);
        }
    }

    private VfioException refused(Errno errno, Event event, String why) {
        return new VfioException(errno, "write " + event.width + " bytes at " + event.offset + " of region " + event.region
                + " of " + function + " at each signal: " + why);
    }

    private static void end(AutoCloseable listening) {
        try {
            listening.close();
        } catch (Throwable e) { // a user's code may throw anything
            System.getLogger(IoEvents.class.getName()).log(System.Logger.Level.WARNING,
                    "a signal that wrote a register threw " + Thrown.text(e));
        }
    }

    synchronized void close() {
        events.values().forEach(IoEvents::end);
        events.clear();
    }
}
