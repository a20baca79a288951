// SPDX-License-Identifier: Apache-2.0
package vfio.iommu;

import java.util.OptionalInt;

/** A device in an iommufd, from its bind to its unbind; under the {@link IommuLock}. */
final class BoundDevice {
    private final IommufdObjects objects;
    private final GroupAttachment attachment;
    private final String name;
    private final int id;
    private final Runnable unbound;

    /**
     * @param objects of the iommufd
     * @param attachment of the device's group
     * @param unbound what the iommufd does after the unbind
     */
    BoundDevice(IommufdObjects objects, GroupAttachment attachment, String name, Runnable unbound) {
        this.objects = objects;
        this.attachment = attachment;
        this.name = name;
        this.unbound = unbound;
        id = objects.nextId();
    }

    int id() {
        return id;
    }

    String name() {
        return name;
    }

    GroupDma group() {
        return attachment.group();
    }

    /** Returns the id of a device of any group in the iommufd of this one, as {@link IommufdObjects#deviceId}. */
    OptionalInt idOf(GroupDma other, String device) {
        return objects.deviceId(other, device);
    }

    /** Tells whether any device of a group is in the iommufd of this one. */
    boolean owns(GroupDma other) {
        return objects.owns(other);
    }

    /**
     * Attaches the device's group to an object.
     *
     * @return the id of the page table
     */
    int attach(int target) {
        PageTable table = objects.tableFor(target, "attach " + name);
        try {
            attachment.attach(this, table);
        } catch (RuntimeException e) {
            table.disposeIfUnused();
            throw e;
        }
        return table.id;
    }

    void detach() {
        attachment.detach(this);
    }

    void unbind() {
        detach();
        group().release();
        objects.remove(id);
        unbound.run();
    }
}
