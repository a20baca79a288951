// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.user;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntPredicate;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.device.DeviceHandle;
import vfio.core.device.Mapping;
import vfio.core.device.Region;
import vfio.core.info.RegionInfo;
import vfio.core.thread.Deadline;

/**
 * The registers of an open function, little-endian, usable as long as the function is open. Where they are mapped an access
 * is one check of the bounds and of a state word, then the load or store itself; else it goes through the region.
 *
 * <p>Accesses of one thread stay in order, as with the kernel's {@code readl} and {@code writel}: data stored before a write,
 * in DMA memory too, is there when the register is written; data loaded after a read is not older than the read. Accesses are
 * as wide as asked and never merged. Only a read whose value nobody uses may be left out: the value of a read that is to
 * flush writes must be looked at.
 *
 * <p>Once the function is closed or gone, mapped registers read all ones and drop writes, as those of a card that was pulled
 * out; others throw {@link VfioException} with ENODEV. EIO says that the function's memory is disabled. An offset outside, or
 * one that is no multiple of the width, is an {@link IndexOutOfBoundsException}.
 */
public final class Registers {
    private static final int SPINS = 100;
    private static final long SHORTEST_PAUSE = 1_000;
    private static final long LONGEST_PAUSE = 1_000_000;

    private final String name;
    private final long size;
    private final Region region;
    /** Null where they are not mapped. */
    private final Mapping mapping;

    private Registers(String name, Region region, Mapping mapping) {
        this.name = name;
        this.region = region;
        this.mapping = mapping;
        size = region.info().size();
    }

    /**
     * Makes the registers of a region, mapped where the region can be mapped as a whole.
     *
     * @throws VfioException EINVAL where the function does not have the region
     */
    static Registers of(DeviceHandle device, int index) {
        Region region = device.region(index);
        RegionInfo info = region.info();
        String name = "region " + index + " of " + device.deviceName();
        if (info.size() == 0) {
            throw new VfioException(Errno.EINVAL, "use " + name + ": the function does not implement it");
        }
        boolean whole = (info.flags() & RegionInfo.MMAP) != 0 && info.capability(RegionInfo.CAP_SPARSE_MMAP).isEmpty();
        return new Registers(name, region, whole ? region.map(0, info.size()) : null);
    }

    /** Ends mapped registers: from now on they read all ones and drop writes. */
    void end() {
        if (mapping != null) {
            mapping.revoke();
        }
    }

    /** Returns the size in bytes. */
    public long size() {
        return size;
    }

    /** Tells whether accesses go straight to the function. */
    public boolean mapped() {
        return mapping != null;
    }

    public byte read8(long offset) {
        return mapping != null ? mapping.read8(offset) : region.read8(checked(offset, Byte.BYTES));
    }

    public short read16(long offset) {
        return mapping != null ? mapping.read16(offset) : region.read16(checked(offset, Short.BYTES));
    }

    public int read32(long offset) {
        return mapping != null ? mapping.read32(offset) : region.read32(checked(offset, Integer.BYTES));
    }

    public long read64(long offset) {
        return mapping != null ? mapping.read64(offset) : region.read64(checked(offset, Long.BYTES));
    }

    public void write8(long offset, byte value) {
        if (mapping != null) {
            mapping.write8(offset, value);
        } else {
            region.write8(checked(offset, Byte.BYTES), value);
        }
    }

    public void write16(long offset, short value) {
        if (mapping != null) {
            mapping.write16(offset, value);
        } else {
            region.write16(checked(offset, Short.BYTES), value);
        }
    }

    public void write32(long offset, int value) {
        if (mapping != null) {
            mapping.write32(offset, value);
        } else {
            region.write32(checked(offset, Integer.BYTES), value);
        }
    }

    public void write64(long offset, long value) {
        if (mapping != null) {
            mapping.write64(offset, value);
        } else {
            region.write64(checked(offset, Long.BYTES), value);
        }
    }

    /**
     * Reads a register until its value is as wanted, as the kernel's {@code readl_poll_timeout}: for changes that raise no
     * interrupt.
     *
     * @return the value then
     * @throws VfioException ETIMEDOUT where no value was as wanted before {@code patience} was over
     */
    public int poll32(long offset, IntPredicate until, Duration patience) throws InterruptedException {
        Deadline deadline = Deadline.in(patience);
        long pause = SHORTEST_PAUSE;
        for (int i = 0;; i++) {
            boolean last = deadline.passed(); // before the read, so that the last read comes after the deadline
            int value = read32(offset);
            if (until.test(value)) {
                return value;
            }
            if (last) {
                throw new VfioException(Errno.ETIMEDOUT, "wait for register 0x" + Long.toHexString(offset) + " of " + name
                        + ": it was 0x" + Integer.toHexString(value) + " after " + patience);
            }
            if (i >= SPINS) {
                LockSupport.parkNanos(pause);
                pause = Math.min(LONGEST_PAUSE, 2 * pause);
            }
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
        }
    }

    private long checked(long offset, int width) {
        if (offset < 0 || offset > size - width || (offset & (width - 1)) != 0) {
            throw new IndexOutOfBoundsException(
                    "access of " + width + " bytes at " + offset + " in " + name + ", which has " + size);
        }
        return offset;
    }
}
