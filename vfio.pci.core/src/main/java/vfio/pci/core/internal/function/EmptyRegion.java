// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.function;

import vfio.core.device.RegionOperations;

/** A fixed region that the function does not implement: of size 0. */
enum EmptyRegion implements RegionOperations {
    INSTANCE;

    @Override
    public long size() {
        return 0;
    }

    @Override
    public long read(long position, int width) {
        throw new UnsupportedOperationException(); // the core refuses it: nothing lies within
    }

    @Override
    public void write(long position, int width, long value) {
        throw new UnsupportedOperationException();
    }
}
