// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.function;

import vfio.core.device.RegionOperations;

/** The region, of size 0, in place of a fixed one that the function does not implement. */
enum EmptyRegion implements RegionOperations {
    INSTANCE;

    @Override
    public long size() {
        return 0;
    }

    @Override
    public long read(long position, int width) {
        throw new UnsupportedOperationException(); // the core refuses the access: nothing lies within
    }

    @Override
    public void write(long position, int width, long value) {
        throw new UnsupportedOperationException();
    }
}
