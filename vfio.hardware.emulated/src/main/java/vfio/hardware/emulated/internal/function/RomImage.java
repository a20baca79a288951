// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.internal.function;

import vfio.core.device.RegionOperations;
import vfio.core.info.RegionInfo;
import vfio.hardware.emulated.Rom;

/** The region of an expansion ROM's image; writes change nothing. */
record RomImage(Rom rom) implements RegionOperations {

    @Override
    public long size() {
        return rom.length();
    }

    @Override
    public int flags() {
        return RegionInfo.READ;
    }

    @Override
    public long read(long position, int width) {
        long value = 0;
        for (int i = width - 1; i >= 0; i--) {
            long at = position + i;
            value = value << Byte.SIZE | (at < rom.length() ? rom.at((int) at) & 0xff : 0xff);
        }
        return value;
    }

    @Override
    public void write(long position, int width, long value) {
        // it is read-only memory
    }
}
