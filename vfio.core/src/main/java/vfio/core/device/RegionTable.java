// SPDX-License-Identifier: Apache-2.0
package vfio.core.device;

import java.time.Duration;
import java.util.function.Consumer;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.driver.DriverWorker;
import vfio.core.thread.Deadline;

/** The regions of a device from its first open to its last close, and which of them are blocked now. */
final class RegionTable {
    private final String device;
    private final DeviceRegion[] regions;

    /** Asks the driver for each region; on its worker. */
    RegionTable(String device, VfioOperations operations, DriverWorker worker) {
        this.device = device;
        regions = new DeviceRegion[operations.info().regions()];
        for (int index = 0; index < regions.length; index++) {
            regions[index] = DeviceRegion.open(device, index, operations, worker);
        }
    }

    /** @throws VfioException EINVAL where there is no such region */
    DeviceRegion region(int index) {
        if (index < 0 || index >= regions.length || regions[index] == null) {
            throw new VfioException(Errno.EINVAL, "region " + Integer.toUnsignedString(index) + " of " + device
                    + ": it has none of this index; there are " + regions.length);
        }
        return regions[index];
    }

    /**
     * Shuts users out of regions and awaits those inside.
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

    /** Nobody comes in any more, for ever. */
    void close() {
        each(DeviceRegion::close);
    }

    /** Whether the calling thread is inside one of them. */
    boolean mine() {
        for (DeviceRegion region : regions) {
            if (region != null && region.mine()) {
                return true;
            }
        }
        return false;
    }

    /** @return false where another thread is still inside */
    boolean awaitEmpty(Duration patience) {
        Deadline deadline = Deadline.in(patience);
        boolean empty = true;
        for (DeviceRegion region : regions) {
            empty &= region == null || region.awaitEmpty(deadline.left());
        }
        return empty;
    }

    /** Lets go of the driver's regions; on its worker. */
    void release() {
        each(DeviceRegion::release);
    }

    /** Lets go of the regions of a driver that is not called any more. */
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
