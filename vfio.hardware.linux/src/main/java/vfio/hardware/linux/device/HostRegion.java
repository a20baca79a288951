// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.device;

import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import vfio.core.Errno;
import vfio.core.SharedMemory;
import vfio.core.VfioException;
import vfio.core.device.RegionOperations;
import vfio.core.info.InfoCapability;
import vfio.core.info.RegionInfo;
import vfio.core.info.RegionPart;
import vfio.core.info.SparseMmap;
import vfio.os.Fd;
import vfio.os.call.NativeBytes;
import vfio.pci.core.id.RegionIndex;

/**
 * A region of a function that the kernel has, read and written through the device's file and mapped where the kernel allows.
 */
final class HostRegion implements RegionOperations {

    private final Fd device;
    private final RegionInfo info;
    /** Eight bytes for one access; null while an access uses them, and then another access makes bytes of its own. */
    private final AtomicReference<NativeBytes> spare = new AtomicReference<>();
    private SharedMemory pages;

    HostRegion(Fd device, RegionInfo info) {
        this.device = device;
        this.info = info;
    }

    @Override
    public long size() {
        return info.size();
    }

    @Override
    public int flags() {
        return info.flags() & (RegionInfo.READ | RegionInfo.WRITE);
    }

    @Override
    public List<InfoCapability> capabilities() {
        return info.capabilities();
    }

    /** Tells that accesses to config space are not cut here: the kernel cuts them. */
    @Override
    public boolean whole() {
        return info.index() == RegionIndex.CONFIG;
    }

    @Override
    public int widest() {
        return info.index() == RegionIndex.CONFIG ? Integer.BYTES : Long.BYTES;
    }

    private NativeBytes borrow() {
        NativeBytes bytes = spare.getAndSet(null);
        return bytes == null ? NativeBytes.allocate(Long.BYTES) : bytes;
    }

    @Override
    public long read(long position, int width) {
        NativeBytes bytes = borrow();
        bytes.bytes().putLong(0, 0);
        complete("read", position, width, device.pread(bytes, 0, width, info.offset() + position));
        long value = bytes.bytes().getLong(0);
        spare.lazySet(bytes);
        return value;
    }

    @Override
    public void write(long position, int width, long value) {
        NativeBytes bytes = borrow();
        bytes.bytes().putLong(0, value);
        complete("write", position, width, device.pwrite(bytes, 0, width, info.offset() + position));
        spare.lazySet(bytes);
    }

    private void complete(String act, long position, int width, int done) {
        if (done != width) {
            throw new VfioException(Errno.EIO, act + " " + width + " bytes at 0x" + Long.toHexString(position) + " of region "
                    + info.index() + " of " + device.name() + ": the kernel did " + done);
        }
    }

    @Override
    public synchronized SharedMemory memory() {
        if ((info.flags() & RegionInfo.MMAP) == 0) {
            return null;
        }
        if (pages == null) {
            boolean readable = (info.flags() & RegionInfo.READ) != 0;
            boolean writable = (info.flags() & RegionInfo.WRITE) != 0;
            pages = SparseMmap.of(info)
                    .map(sparse -> device.map(info.offset(), info.size(), parts(sparse), readable, writable))
                    .orElseGet(() -> device.map(info.offset(), info.size(), readable, writable));
        }
        return pages;
    }

    /** Returns the areas that are not empty. */
    private static List<RegionPart> parts(SparseMmap sparse) {
        return sparse.areas().stream().filter(area -> area.size() > 0).toList();
    }

    /** Takes the memory away, as the device is closed: reads give all ones from now on. */
    @Override
    public synchronized void release() {
        if (pages != null) {
            pages.close();
            pages = null;
        }
    }
}
