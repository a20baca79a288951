// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.device;

import java.util.Optional;
import vfio.core.VfioException;
import vfio.core.dma.DmaSpace;
import vfio.os.Fd;

/** The group or address space to which an open device is attached: the way to memory, and the proof of ownership. */
interface Attachment {

    /**
     * Returns the memory that the device reaches.
     *
     * @throws VfioException EOPNOTSUPP where nothing translates the device's addresses
     */
    DmaSpace dma();

    /**
     * Returns the group by which the device was opened; empty where it was opened by itself, and its iommufd proves
     * ownership.
     */
    Optional<Fd> group();

    /** Detaches a device whose file is closed. */
    void closed();
}
