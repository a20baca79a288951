// SPDX-License-Identifier: Apache-2.0
package vfio.iommu;

import java.util.function.Consumer;

/**
 * A page table of an IOAS (the kernel's HWPT): what groups are attached to. An automatic one, made by an attach to the IOAS,
 * goes with the last group. Under the {@link IommuLock}.
 */
final class PageTable {
    final int id;
    final Ioas ioas;
    final Domain domain;
    /** Whether the table was made to track written pages. */
    final boolean tracks;
    private final boolean automatic;
    private final Consumer<PageTable> disposal;
    private int groups;

    /** @param disposal called for an automatic page table once no group is attached */
    PageTable(int id, Ioas ioas, boolean automatic, boolean tracks, Consumer<PageTable> disposal) {
        this.id = id;
        this.ioas = ioas;
        this.automatic = automatic;
        this.tracks = tracks;
        this.disposal = disposal;
        domain = new Domain(ioas.space());
        ioas.space().add(domain);
    }

    /** Tells whether the table was made by an attach to an IOAS. */
    boolean automaticOf(Ioas other) {
        return automatic && ioas == other;
    }

    /** Tells whether a group is attached. */
    boolean used() {
        return groups > 0;
    }

    /** Counts a group that is attached. */
    void join() {
        groups++;
    }

    /** Counts a group that is not attached any more. */
    void leave() {
        groups--;
        disposeIfUnused();
    }

    /** Disposes of an automatic table that no group uses. */
    void disposeIfUnused() {
        if (automatic && groups == 0) {
            disposal.accept(this);
        }
    }

    /** Takes the table out of its IOAS. */
    void destroy() {
        ioas.space().remove(domain);
    }
}
