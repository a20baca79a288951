// SPDX-License-Identifier: Apache-2.0
package vfio.core.device;

import java.util.List;
import java.util.Objects;
import vfio.core.SharedMemory;
import vfio.core.info.InfoCapability;

/**
 * A region of memory that the core owns: users reach the memory without any code of a driver between. A part of the region
 * can be kept from users: the part reads all ones, and writes to the part are dropped.
 */
public final class MemoryRegion implements RegionOperations {
    private final SharedMemory memory;
    private final Mapping access;
    private final List<InfoCapability> capabilities;
    private final long keptFrom;
    private final long keptTo;

    public MemoryRegion(SharedMemory memory) {
        this(memory, List.of(), 0, 0);
    }

    /**
     * Makes a region that keeps bytes from users who read and write the region; a user who maps it has them, as in the
     * kernel.
     *
     * @param keptFrom the first byte kept
     * @param keptTo the byte behind the last one kept
     */
    public MemoryRegion(SharedMemory memory, List<InfoCapability> capabilities, long keptFrom, long keptTo) {
        this.memory = Objects.requireNonNull(memory);
        access = new Mapping(memory);
        this.capabilities = List.copyOf(capabilities);
        this.keptFrom = keptFrom;
        this.keptTo = keptTo;
    }

    @Override
    public long size() {
        return memory.size();
    }

    @Override
    public List<InfoCapability> capabilities() {
        return capabilities;
    }

    @Override
    public SharedMemory memory() {
        return memory;
    }

    /** Tells whether an access of any place may go straight to the memory. */
    boolean open() {
        return keptFrom == keptTo;
    }

    /** Reads a piece; one that reaches into the kept bytes is cut to bytes, so that the bytes beside them stay reachable. */
    @Override
    public long read(long position, int width) {
        if (position + width <= keptFrom || position >= keptTo) {
            return access.read(position, width);
        }
        long value = 0;
        for (int i = width - 1; i >= 0; i--) {
            value = value << Byte.SIZE | (kept(position + i) ? 0xff : access.read8(position + i) & 0xff);
        }
        return value;
    }

    @Override
    public void write(long position, int width, long value) {
        if (position + width <= keptFrom || position >= keptTo) {
            access.write(position, width, value);
            return;
        }
        for (int i = 0; i < width; i++) {
            if (!kept(position + i)) {
                access.write8(position + i, (byte) (value >>> Byte.SIZE * i));
            }
        }
    }

    private boolean kept(long position) {
        return position >= keptFrom && position < keptTo;
    }
}
