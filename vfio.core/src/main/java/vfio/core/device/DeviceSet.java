// SPDX-License-Identifier: Apache-2.0
package vfio.core.device;

import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A set of devices that are opened, closed and reset under one lock (the kernel's {@code struct vfio_device_set}). The first
 * member creates the set, and the set ends with its last member.
 */
public final class DeviceSet {
    private final Object key;
    /** Covers open counts, first open, last close and reset of every member. No lock of a registry is taken inside. */
    final ReentrantLock lock = new ReentrantLock();
    private int members;

    private DeviceSet(Object key) {
        this.key = key;
    }

    /** The registry of the sets of one kind of devices; get-or-create is atomic. */
    public static final class Registry {
        private final Map<Object, DeviceSet> sets = new HashMap<>();

        /**
         * Adds a member to the set for a key, and returns the set.
         *
         * @param key the place that the members have in common, such as a slot or a bus
         */
        public synchronized DeviceSet join(Object key) {
            DeviceSet set = sets.computeIfAbsent(Objects.requireNonNull(key), DeviceSet::new);
            set.members++;
            return set;
        }

        /** Takes one member out of a set. */
        public synchronized void leave(DeviceSet set) {
            if (--set.members == 0) {
                sets.remove(set.key, set);
            }
        }

        /** Returns the number of sets that have members. */
        public synchronized int size() {
            return sets.size();
        }
    }
}
