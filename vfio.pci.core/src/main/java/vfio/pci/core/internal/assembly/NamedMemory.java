// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.assembly;

import java.util.HashMap;
import java.util.Map;
import vfio.core.Errno;
import vfio.core.SharedMemory;
import vfio.core.VfioException;

/**
 * The memory that the versions of one function's driver get by name, for regions that users map. It is the core's, so that an
 * exchange of the driver leaves users on the memory that the driver looks at; it is freed at the last close.
 */
final class NamedMemory {
    private static final int LONGEST_NAME = 64;
    private static final int MOST_NAMES = 256;
    private static final long MOST_BYTES = 1L << 40;

    private final String function;
    private final SharedMemory.Source source;
    private final Map<String, SharedMemory> byName = new HashMap<>();
    private boolean open;

    NamedMemory(String function, SharedMemory.Source source) {
        this.function = function;
        this.source = source;
    }

    synchronized void open() {
        open = true;
    }

    synchronized SharedMemory get(String name, long size) {
        String act = "get " + size + " bytes of memory for " + function + ", named " + name + ": ";
        if (!open) {
            throw new VfioException(Errno.ENODEV, act + "it is not open; ask in openDevice or takeOver");
        }
        if (name == null || !name.matches("\\P{Cntrl}{1," + LONGEST_NAME + "}") || size < 1) {
            throw new VfioException(Errno.EINVAL, act + "memory has a name of 1 to " + LONGEST_NAME
                    + " characters, and a size above 0");
        }
        SharedMemory there = byName.get(name);
        if (there != null && there.size() != size) {
            throw new VfioException(Errno.EINVAL, act + "it has " + there.size() + "; ask for as many, or for another name");
        }
        return there != null ? there : made(act, name, size);
    }

    private SharedMemory made(String act, String name, long size) {
        long sum = byName.values().stream().mapToLong(SharedMemory::size).sum();
        if (byName.size() == MOST_NAMES || size > MOST_BYTES - sum) {
            throw new VfioException(Errno.ENOSPC, act + "there are " + byName.size() + " names of " + sum
                    + " bytes, and at most " + MOST_NAMES + " of " + MOST_BYTES);
        }
        SharedMemory made = source.allocate("vfio-memory " + function + " " + name, size);
        byName.put(name, made);
        return made;
    }

    /** Frees the memory; what users still have mapped stays readable for them. */
    synchronized void close() {
        open = false;
        byName.values().forEach(SharedMemory::close);
        byName.clear();
    }
}
