// SPDX-License-Identifier: Apache-2.0
package vfio.iommu;

/**
 * An access of a device that the IOMMU has stopped.
 *
 * @param device its name
 * @param iova the first address that was not reached, unsigned
 * @param length bytes from there on that were not reached
 * @param write whether the device wanted to write
 */
record DmaFault(String device, long iova, long length, boolean write, Reason reason) {

    /** Why an access was stopped. */
    enum Reason {
        /** The device's group is in no address space, or attached to none. */
        BLOCKED,
        /** Nothing is mapped there. */
        NOT_MAPPED,
        /** What is mapped there may not be read, or not be written, by devices. */
        NOT_PERMITTED,
        /** The access runs past the last address. */
        OVERFLOW,
        /** The memory behind is gone, as a truncated file's. */
        NO_MEMORY
    }

    @Override
    public String toString() {
        return device + ": " + (write ? "write of " : "read of ") + length + " bytes at 0x" + Long.toHexString(iova) + ": "
                + reason;
    }
}
