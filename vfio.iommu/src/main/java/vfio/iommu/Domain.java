// SPDX-License-Identifier: Apache-2.0
package vfio.iommu;

import java.util.Set;
import java.util.concurrent.CopyOnWriteArraySet;

/** One translation that devices are attached to: an address space, and what they have written of it. */
final class Domain {
    final AddressSpace space;
    private final Set<DmaEndpoint> endpoints = new CopyOnWriteArraySet<>();
    /** Null while writes are not tracked. */
    private volatile WrittenPages log;

    Domain(AddressSpace space) {
        this.space = space;
    }

    WrittenPages log() {
        return log;
    }

    boolean tracking() {
        return log != null;
    }

    /** Every write that ends after this is logged, or none is any more. */
    void track(boolean on) {
        log = on ? new WrittenPages() : null;
        quiesce();
    }

    /** Before the endpoint looks here. */
    void add(DmaEndpoint endpoint) {
        endpoints.add(endpoint);
    }

    /** After the endpoint's last access that looked here. */
    void remove(DmaEndpoint endpoint) {
        endpoints.remove(endpoint);
    }

    boolean idle() {
        return endpoints.isEmpty();
    }

    /** Whether something may be written without a mark. */
    boolean untracked() {
        return endpoints.stream().anyMatch(endpoint -> !endpoint.traits().tracksDirty());
    }

    boolean coherent() {
        return endpoints.stream().allMatch(endpoint -> endpoint.traits().coherent());
    }

    /** Returns when every access that began before has ended. */
    void quiesce() {
        endpoints.forEach(DmaEndpoint::quiesce);
    }

    void forget(Area area) {
        WrittenPages current = log;
        if (current != null) {
            current.forget(area);
        }
    }

    void exchange(Area whole, Area low, Area high) {
        WrittenPages current = log;
        if (current != null) {
            current.forget(whole);
            current.markAll(low);
            current.markAll(high);
        }
    }

    /** Sets the bits of an area's pages from {@code from} to {@code to} that were written; those of all where unknown. */
    void readDirty(Area area, long from, long to, boolean clear, VfioBitmap bitmap, long base) {
        WrittenPages current = log;
        if (untracked()) {
            bitmap.set(base, from, to);
        } else if (current != null) {
            current.read(area, from, to, clear, bitmap, base);
        }
    }
}
