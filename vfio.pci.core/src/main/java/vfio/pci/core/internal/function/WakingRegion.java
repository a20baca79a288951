// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.function;

import vfio.core.device.ForwardingRegion;
import vfio.core.device.RegionOperations;

/**
 * A region that users reach also while the function sleeps: each access wakes the function first, or fails as the wake does
 * (vfio_pci_rw, drivers/vfio/pci/vfio_pci_core.c).
 */
final class WakingRegion extends ForwardingRegion {
    private final Runnable wake;

    WakingRegion(RegionOperations below, Runnable wake) {
        super(below);
        this.wake = wake;
    }

    @Override
    public long read(long position, int width) {
        wake.run();
        return super.read(position, width);
    }

    @Override
    public void write(long position, int width, long value) {
        wake.run();
        super.write(position, width, value);
    }
}
