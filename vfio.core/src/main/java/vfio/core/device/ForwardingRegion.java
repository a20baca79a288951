// SPDX-License-Identifier: Apache-2.0
package vfio.core.device;

import java.util.List;
import java.util.Objects;
import org.osgi.annotation.versioning.ConsumerType;
import vfio.core.SharedMemory;
import vfio.core.info.InfoCapability;
import vfio.core.info.RegionPart;

/** A region that forwards each call to another region: a driver overrides the calls in which its region differs. */
@ConsumerType
public abstract class ForwardingRegion implements RegionOperations {
    private final RegionOperations below;

    protected ForwardingRegion(RegionOperations below) {
        this.below = Objects.requireNonNull(below);
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
    public List<RegionPart> windows() {
        return below.windows();
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
