// SPDX-License-Identifier: Apache-2.0
package vfio.testkit;

import java.util.List;
import vfio.core.InfoCapability;
import vfio.core.RegionOperations;
import vfio.core.SharedMemory;

/** A region that delegates everything; a test overrides what is to be wrong. */
class Wrapped implements RegionOperations {
    final RegionOperations below;

    Wrapped(RegionOperations below) {
        this.below = below;
    }

    @Override
    public long size() {
        return below.size();
    }

    @Override
    public int flags() {
        return below.flags();
    }

    @Override
    public List<InfoCapability> capabilities() {
        return below.capabilities();
    }

    @Override
    public int widest() {
        return below.widest();
    }

    @Override
    public boolean whole() {
        return below.whole();
    }

    @Override
    public long read(long position, int width) {
        return below.read(position, width);
    }

    @Override
    public void write(long position, int width, long value) {
        below.write(position, width, value);
    }

    @Override
    public SharedMemory memory() {
        return below.memory();
    }

    @Override
    public void release() {
        below.release();
    }
}
