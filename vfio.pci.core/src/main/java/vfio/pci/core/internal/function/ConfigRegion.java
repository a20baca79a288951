// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.function;

import vfio.core.device.RegionOperations;
import vfio.pci.core.internal.config.VirtualConfig;

/**
 * The configuration space as a region; an access that does not fit is refused as a whole.
 *
 * @param wake wakes the function, where its user has let it sleep
 */
record ConfigRegion(VirtualConfig config, Runnable wake) implements RegionOperations {

    @Override
    public long size() {
        return config.size();
    }

    @Override
    public int widest() {
        return Integer.BYTES;
    }

    @Override
    public boolean whole() {
        return true;
    }

    @Override
    public long read(long position, int width) {
        wake.run();
        return config.read((int) position, width);
    }

    @Override
    public void write(long position, int width, long value) {
        wake.run();
        config.write((int) position, width, (int) value);
    }
}
