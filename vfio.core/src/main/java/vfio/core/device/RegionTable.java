// SPDX-License-Identifier: Apache-2.0
package vfio.core.device;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.thread.Deadline;

/** The table of a device's regions, from its first open to its last close. */
final class RegionTable {
    private final String device;
    private final DeviceRegion[] regions;

    /** Asks the driver for each region, on the driver's worker. */
    RegionTable(String device, int count, Seat seat, Gate calls) {
        this.device = device;
        regions = new DeviceRegion[count];
        for (int index = 0; index < regions.length; index++) {
            regions[index] = DeviceRegion.open(device, index, seat, calls);
        }
    }

    /** Tells the first fact of a region that another driver answers otherwise. */
    Optional<String> difference(RegionTable other) {
        for (int index = 0; index < regions.length; index++) {
            DeviceRegion now = regions[index];
            DeviceRegion then = other.regions[index];
            Optional<String> difference = now == null || then == null
                    ? Difference.of("whether region " + index + " is there", now != null, then != null)
                    : now.difference(then);
            if (difference.isPresent()) {
                return difference;
            }
        }
        return Optional.empty();
    }

    /** Returns the name of a region whose memory is of a class of the given loader; empty for none. */
    Optional<String> withMemoryOf(ClassLoader loader) {
        return Arrays.stream(regions).filter(region -> region != null && region.hasMemoryOf(loader)).findFirst()
                .map(DeviceRegion::name);
    }

    /** Has another driver's regions, which have the same facts, answer from now on. */
    void install(RegionTable other) {
        for (int index = 0; index < regions.length; index++) {
            if (regions[index] != null) {
                regions[index].install(other.regions[index]);
            }
        }
    }

    /** Returns the gates of the regions. */
    List<Gate> gates() {
        return Arrays.stream(regions).filter(Objects::nonNull).map(DeviceRegion::gate).toList();
    }

    /**
     * Returns a region.
     *
     * @throws VfioException EINVAL where there is no such region
     */
    DeviceRegion region(int index) {
        if (index < 0 || index >= regions.length || regions[index] == null) {
            throw new VfioException(Errno.EINVAL, "region " + Integer.toUnsignedString(index) + " of " + device
                    + ": it has none of this index; there are " + regions.length);
        }
        return regions[index];
    }

    /**
     * Shuts users out of regions and awaits the accesses inside.
     *
     * @param mask a bit for each region, of the first 64
     */
    void block(long mask, Duration patience) {
        Deadline deadline = Deadline.in(patience);
        each(region -> {
            if (region.in(mask)) {
                region.block();
            }
        });
        each(region -> {
            if (region.in(mask)) {
                region.awaitEmpty(deadline.left());
            }
        });
    }

    void admit(long mask) {
        each(region -> {
            if (region.in(mask)) {
                region.admit();
            }
        });
    }

    void unblock(long mask) {
        each(region -> {
            if (region.in(mask)) {
                region.unblock();
            }
        });
    }

    /** Shuts users out of all regions, for ever. */
    void close() {
        each(DeviceRegion::close);
    }

    /** Tells whether the calling thread is inside an access of a region. */
    boolean mine() {
        for (DeviceRegion region : regions) {
            if (region != null && region.mine()) {
                return true;
            }
        }
        return false;
    }

    /**
     * Waits for the accesses of other threads.
     *
     * @return false where another thread is still inside
     */
    boolean awaitEmpty(Duration patience) {
        Deadline deadline = Deadline.in(patience);
        boolean empty = true;
        for (DeviceRegion region : regions) {
            empty &= region == null || region.awaitEmpty(deadline.left());
        }
        return empty;
    }

    /** Releases the driver's regions, on the driver's worker. */
    void release() {
        each(DeviceRegion::release);
    }

    /** Drops the regions of a driver that is not called any more. */
    void abandon() {
        each(DeviceRegion::abandon);
    }

    private void each(Consumer<DeviceRegion> act) {
        for (DeviceRegion region : regions) {
            if (region != null) {
                act.accept(region);
            }
        }
    }
}
