// SPDX-License-Identifier: Apache-2.0
package vfio.core.device;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import vfio.core.Thrown;
import vfio.core.internal.turn.Turn;

/**
 * A set of devices that are opened, closed and reset under one lock (the kernel's {@code struct vfio_device_set}). The first
 * member creates the set, and the set ends with its last member.
 */
public final class DeviceSet {
    private final Object key;
    /** Covers open counts, first open, last close and reset of every member. No lock of a registry is taken inside. */
    final Turn lock = new Turn();
    /** Those who asked while a driver is exchanged, to be called when calls are not held any more; guarded by itself. */
    private final List<Runnable> resumption = new ArrayList<>();
    private int members;

    private DeviceSet(Object key) {
        this.key = key;
    }

    /** Tells whether the driver of a member is being exchanged; {@code resumed} is called then when calls may go on. */
    boolean held(Runnable resumed) {
        synchronized (resumption) {
            return lock.exchanging() && resumption.add(resumed);
        }
    }

    /** Calls those who asked whether calls are held. */
    void resumed() {
        List<Runnable> asked;
        synchronized (resumption) {
            asked = List.copyOf(resumption);
            resumption.clear();
        }
        for (Runnable one : asked) {
            try {
                one.run();
            } catch (Throwable e) { // a user's code may throw anything
                System.getLogger(DeviceSet.class.getName()).log(System.Logger.Level.WARNING,
                        "who waited for an exchange of a driver threw " + Thrown.text(e));
            }
        }
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
