// SPDX-License-Identifier: Apache-2.0
package vfio.iommu;

/** A device in an iommufd, from its bind to its unbind; under the {@link Iommu}'s lock. */
final class BoundDevice {
    private final Iommufd iommufd;
    private final IommuGroup group;
    private final String name;
    private final int id;

    BoundDevice(Iommufd iommufd, IommuGroup group, String name, int id) {
        this.iommufd = iommufd;
        this.group = group;
        this.name = name;
        this.id = id;
    }

    int id() {
        return id;
    }

    String name() {
        return name;
    }

    IommuGroup group() {
        return group;
    }

    /** How a device of any group stands to the iommufd of this one. */
    int idOf(IommuGroup other, String device) {
        return iommufd.deviceId(other, device);
    }

    /** @return the id of the page table */
    int attach(int target) {
        PageTable table = iommufd.tableFor(target, "attach " + name);
        try {
            group.attachment().attach(this, table);
        } catch (RuntimeException e) {
            if (table.automatic && table.groups == 0) {
                iommufd.dispose(table);
            }
            throw e;
        }
        return table.id;
    }

    void detach() {
        group.attachment().detach(this);
    }

    void unbind() {
        detach();
        group.release();
        iommufd.unbound(this);
    }
}
