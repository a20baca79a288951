// SPDX-License-Identifier: Apache-2.0
package vfio.iommu;

import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * The lock of an {@link Iommu}: over which group is opened, owned and attached where. It comes before the locks that
 * {@link AddressSpace} names, and after a device set's. No device is opened or closed inside it.
 */
final class IommuLock {
    private final ReentrantLock lock = new ReentrantLock();

    /** Runs an act inside the lock. */
    void exclusively(Runnable act) {
        lock.lock();
        try {
            act.run();
        } finally {
            lock.unlock();
        }
    }

    /** Runs an act inside the lock, and returns what it answers. */
    <T> T exclusively(Supplier<T> act) {
        lock.lock();
        try {
            return act.get();
        } finally {
            lock.unlock();
        }
    }
}
