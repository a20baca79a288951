// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import vfio.core.InfoCapability;
import vfio.core.RegionInfo;
import vfio.core.RegionOperations;
import vfio.core.SharedMemory;

/** A driver's region behind the fixed ones, with the capability that tells its type (uapi/linux/vfio.h). */
record VendorRegion(int type, int subtype, RegionOperations operations) implements RegionOperations {

    @Override
    public long size() {
        return operations.size();
    }

    @Override
    public int flags() {
        return operations.flags();
    }

    @Override
    public List<InfoCapability> capabilities() {
        ByteBuffer payload = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putInt(type).putInt(subtype).flip();
        List<InfoCapability> all = new ArrayList<>();
        all.add(new InfoCapability(RegionInfo.CAP_TYPE, 1, payload));
        all.addAll(operations.capabilities());
        return all;
    }

    @Override
    public int widest() {
        return operations.widest();
    }

    @Override
    public boolean whole() {
        return operations.whole();
    }

    @Override
    public long read(long position, int width) {
        return operations.read(position, width);
    }

    @Override
    public void write(long position, int width, long value) {
        operations.write(position, width, value);
    }

    @Override
    public SharedMemory memory() {
        return operations.memory();
    }

    @Override
    public void release() {
        operations.release();
    }
}
