// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.function;

import vfio.core.device.RegionOperations;
import vfio.core.info.RegionInfo;

/** The region of the expansion ROM: read-only, all ones behind the image. */
record RomRegion(RegionOperations image, long size) implements RegionOperations {

    @Override
    public int flags() {
        return RegionInfo.READ;
    }

    @Override
    public int widest() {
        return Integer.BYTES;
    }

    @Override
    public long read(long position, int width) {
        if (width <= image.widest() && position + width <= image.size()) {
            return image.read(position, width);
        }
        long value = 0;
        for (int i = width - 1; i >= 0; i--) {
            long at = position + i;
            value = value << Byte.SIZE | (at < image.size() ? image.read(at, 1) & 0xff : 0xff);
        }
        return value;
    }

    @Override
    public void write(long position, int width, long value) {
        throw new UnsupportedOperationException(); // the core refuses the access: the flags have no WRITE
    }
}
