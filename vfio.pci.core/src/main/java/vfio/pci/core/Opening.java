// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core;

import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.device.RegionOperations;
import vfio.core.info.RegionType;
import vfio.pci.core.internal.backend.OperationsBackend;

/**
 * A device while its driver opens it: the driver adds regions and bytes of configuration space here, which stay until the
 * device is closed. The opening ends with {@link VfioPciOperations#openDevice(Opening)}; each later call throws ENODEV.
 */
public final class Opening {
    private final VfioPciDevice device;
    private final OperationsBackend backend;
    private volatile boolean ended;

    Opening(VfioPciDevice device, OperationsBackend backend) {
        this.device = device;
        this.backend = backend;
    }

    /**
     * Adds a region behind the fixed nine (vfio_pci_core_register_dev_region).
     *
     * @param type such as {@link VfioPciDevice#PCI_VENDOR_TYPE} with a vendor id
     * @return the region's index, 9 or more, in the order in which regions are added
     */
    public int addRegion(int type, int subtype, RegionOperations region) {
        return live("add a region to").addRegion(new VendorRegion(new RegionType(type, subtype), region));
    }

    /**
     * Serves bytes of configuration space from these values: the users' writes to the bytes reach no hardware.
     *
     * @param position the offset of the first byte
     * @throws VfioException EFAULT where the bytes leave the space
     */
    public void claimConfig(int position, byte... values) {
        live("claim configuration space of").claim(position, values);
    }

    private OperationsBackend live(String act) {
        if (ended) {
            throw new VfioException(Errno.ENODEV, act + " " + device + ": it is open already; do it in openDevice");
        }
        return backend;
    }

    void end() {
        ended = true;
    }
}
