// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core;

import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import org.osgi.annotation.versioning.ProviderType;
import vfio.core.Errno;
import vfio.core.EventSignal;
import vfio.core.IrqRequest;
import vfio.core.VfioException;
import vfio.core.device.RegionOperations;
import vfio.core.device.VfioDevice;
import vfio.core.dma.DmaSpace;
import vfio.core.feature.Features;
import vfio.core.info.DeviceInfo;
import vfio.core.info.InfoCapability;
import vfio.core.info.IrqInfo;
import vfio.pci.core.user.VfioPciDevices;

/**
 * What the defaults of a driver's operations reach: the core's own virtualization of a raw function, or the other side of a
 * host bus. Lives as long as the function is bound; between {@link #open} and {@link #close} it can be used.
 */
@ProviderType
public interface FunctionBackend {

    /**
     * The function has become a VFIO device.
     *
     * @param device how its regions are taken from users for a while
     * @param ownReset the driver's own reset method, false where it has none
     */
    void register(VfioDevice device, BooleanSupplier ownReset);

    /** The device is gone: the function is left as it was found. */
    void unregister();

    /**
     * First open; what throws leaves nothing open.
     *
     * @param vfToken that the user gave
     */
    void open(Optional<UUID> vfToken);

    /**
     * An open that finds the function open.
     *
     * @throws VfioException EACCES for another VF token than that of the first
     */
    default void admit(Optional<UUID> vfToken) {
    }

    /** Last close. */
    void close();

    DeviceInfo info(List<InfoCapability> capabilities);

    /** @throws VfioException EINVAL where there is none of this index */
    RegionOperations region(int index);

    /**
     * Adds a vendor's region while the device is opened.
     *
     * @return its index, 9 or more
     */
    int addRegion(RegionOperations region);

    /** Serves bytes of configuration space from these values; what users write there stays there. */
    void claim(int position, byte... values);

    /** Makes a sleeping function accessible. */
    boolean wake();

    IrqInfo irqInfo(int index);

    int setIrqs(IrqRequest request);

    /** @param signal null to take away */
    void ioEvent(int region, long offset, int width, long value, EventSignal signal);

    void reset();

    /** The features that the core has for the bus, or the other side's. */
    Features features();

    /**
     * For a PF: makes VFs appear, or takes them away; while it has VFs it stays in D0.
     *
     * @param count 0 to TotalVFs
     * @throws VfioException EINVAL where VFs are there already; else what its bus answered
     */
    void configureVirtualFunctions(int count);

    /**
     * The addresses by which the open function reaches memory, where another side translates them.
     *
     * @throws VfioException EOPNOTSUPP where that is the core's, by {@link VfioPciDevices#iommu}, or nobody's; ENODEV where the
     *     function is not open
     */
    default DmaSpace dma() {
        throw new VfioException(Errno.EOPNOTSUPP, "map memory: no other side translates what the function reaches");
    }

    /** Signals the REQ interrupt. */
    void request(int count);
}
