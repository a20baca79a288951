// SPDX-License-Identifier: Apache-2.0
package vfio.core.device;

import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Devices that are opened, closed and reset under one lock (the kernel's {@code struct vfio_device_set}): created with
 * its first member, gone with its last.
 */
public final class DeviceSet {
    private final Object key;
    /** Covers open counts, first open, last close and reset of every member. Nothing of a registry is locked inside. */
    final ReentrantLock lock = new ReentrantLock();
    private int members;

    private DeviceSet(Object key) {
        this.key = key;
    }

    /** The sets of one kind of devices; get-or-create is atomic. */
    public static final class Registry {
        private final Map<Object, DeviceSet> sets = new HashMap<>();

        /** The set for {@code key}, what its members have in common such as a slot or a bus, with one member more. */
        public synchronized DeviceSet join(Object key) {
            DeviceSet set = sets.computeIfAbsent(Objects.requireNonNull(key), DeviceSet::new);
            set.members++;
            return set;
        }

        /** Takes one member out. */
        public synchronized void leave(DeviceSet set) {
            if (--set.members == 0) {
                sets.remove(set.key, set);
            }
        }

        /** How many sets have members. */
        public synchronized int size() {
            return sets.size();
        }
    }
}
