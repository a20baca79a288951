// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.osgi.annotation.versioning.ProviderType;
import vfio.core.Errno;
import vfio.core.SharedMemory;
import vfio.core.VfioException;
import vfio.core.info.RegionType;
import vfio.pci.core.bus.PciFunction;
import vfio.pci.core.id.PciAddress;
import vfio.pci.core.user.DmaMemory;
import vfio.pci.core.user.Interrupt;
import vfio.pci.core.user.Registers;

/**
 * A bound function in the eyes of its driver (the kernel's {@code struct vfio_pci_core_device}). The PCI core makes the
 * device for {@code probe} and owns the device. A test that calls a driver's {@code probe} itself may implement this
 * interface; the operations of such a device answer ENODEV.
 */
@ProviderType
public interface VfioPciDevice {
    /** The bit of a region type that makes the rest a PCI vendor id (uapi/linux/vfio.h). */
    int PCI_VENDOR_TYPE = RegionType.PCI_VENDOR;

    /** Returns the function as its bus gives it. */
    PciFunction function();

    /** Returns the name under which the driver is bound. */
    String driver();

    /** Returns the function's address. */
    default PciAddress address() {
        return function().address();
    }

    /**
     * Returns an option of the driver's own, like a module parameter of the kernel: a property of PID
     * {@code vfio.pci.driver~NAME}, with its value at the time of the probe.
     *
     * @return the value as text, empty where the operator has not set the property
     */
    Optional<String> setting(String name);

    /**
     * Returns memory of the core's, zeros at first, for a region that users map, while the device is open or the function has
     * its owner. Each version of the driver gets the same object by the same name. The core closes the memory at the last
     * close of the device, or when the function is taken from its owner; a driver does not.
     *
     * @param name 1 to 64 printable characters, of this function alone
     * @param size in bytes, more than 0
     * @throws VfioException EINVAL for another name or size, and where memory of this name has another size; ENOSPC where
     *     there is too much memory; ENODEV while the device is not open, or where another version of the driver has it
     */
    default SharedMemory memory(String name, long size) {
        throw foreign("get memory for");
    }

    /**
     * Returns memory that the function reaches, zeros at first, for an owner. The memory stays mapped while the versions of
     * the driver change, and each version gets it by its name, until it is closed or the function is taken from its owner.
     * The function is a bus master from the first memory or message on.
     *
     * @param name 1 to 64 printable characters
     * @param size in bytes, more than 0; whole pages are used up
     * @throws VfioException EINVAL for another name or size, and where memory of this name has another size; ENOSPC where
     *     there is too much memory, or no address left; ENOMEM where memory, or the amount of it that may be locked, is used
     *     up; else as {@link #bar}
     */
    default DmaMemory dma(String name, long size) {
        throw foreign("map memory for DMA of");
    }

    /**
     * Returns the registers behind a BAR, for an owner, mapped where they can be. The first call of this method,
     * {@link #dma} or {@link #msix} opens the function, which is reset by that, as for a program, unless it has VFs.
     *
     * @param index 0 to 5
     * @throws VfioException EINVAL where the function does not implement the BAR; EOPNOTSUPP for a driver with VFIO
     *     operations, whose user drives the function; EBUSY in {@code probe}, when the function is not the driver's yet;
     *     ENODEV where another version of the driver has the function, or none
     */
    default Registers bar(int index) {
        throw foreign("use BAR " + index + " of");
    }

    /**
     * Sets up messages of MSI-X, from the first on, for an owner; a successor gets those that are set up. What comes while
     * the versions of the driver change is given to the one that has the function then.
     *
     * @param count 1 or more
     * @throws VfioException EINVAL where the function has fewer, or the version before has set up another number; EBUSY where
     *     this version has set them up; ENOSPC where the host has fewer now; else as {@link #bar}
     */
    default List<Interrupt> msix(int count) {
        throw foreign("set up interrupts of");
    }

    /**
     * Offers a service of an owner to other bundles, when {@link PciFunctionOwner#start} or
     * {@link PciFunctionOwner#takeOver} has returned. Consumers get an object of the core's, whose calls come to
     * {@code service} on their threads, several at once, and which they keep while the versions of the driver change: a call
     * waits for that, and after a second ends with EAGAIN. When the function is taken from its owner, calls end with
     * ENOTCONN.
     *
     * <p>Exceptions of the API's bundle and of the JDK reach the consumer as they are, others as a {@link VfioException} made
     * of text. Answers are values of the API's or the JDK's classes: an object of the driver's class is refused with EIO.
     *
     * @param api a public interface of a bundle of its own, that both driver and consumers import; offered once
     * @param properties the service's properties, of the JDK's classes; {@link PciFunctionOwner#FUNCTION} is added
     * @throws VfioException EINVAL where one of them is null or otherwise; EEXIST where the API is offered already; ENOSPC
     *     above 64 services; else as {@link #bar}
     */
    default <S> void offer(Class<S> api, S service, Map<String, ?> properties) {
        throw foreign("offer a service of");
    }

    private VfioException foreign(String act) {
        return new VfioException(Errno.ENODEV, act + " " + this + ": the PCI core did not make this device");
    }
}
