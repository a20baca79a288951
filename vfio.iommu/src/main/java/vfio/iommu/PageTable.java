// SPDX-License-Identifier: Apache-2.0
package vfio.iommu;

/** A page table of an IOAS (the kernel's HWPT): what groups are attached to. One made by an attach goes with the last. */
final class PageTable {
    final int id;
    final Ioas ioas;
    final Domain domain;
    /** Made by an attach to the IOAS. */
    final boolean automatic;
    /** Made to track written pages. */
    final boolean tracks;
    /** Groups attached; under the {@link Iommu}'s lock. */
    int groups;

    PageTable(int id, Ioas ioas, boolean automatic, boolean tracks) {
        this.id = id;
        this.ioas = ioas;
        this.automatic = automatic;
        this.tracks = tracks;
        domain = new Domain(ioas.space());
        ioas.space().add(domain);
    }

    void destroy() {
        ioas.space().remove(domain);
    }
}
