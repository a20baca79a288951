// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.bus;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.osgi.annotation.versioning.ProviderType;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.pci.core.id.DeviceKey;
import vfio.pci.core.id.PciAddress;

/**
 * A PCI function as its bus gives it: the facts about the function, and the access to its hardware. Answers may change while
 * the function is present (a VF appears, the host binds a driver), so the core caches only the address, the key and the
 * side.
 */
@ProviderType
public interface PciFunction {

    /** Returns the function's address, which stays the same while the function is present. */
    PciAddress address();

    /** Returns the ids and the class by which the function is matched; a VF's own registers do not have them. */
    DeviceKey key();

    /** Returns the revision id, 0 to 255. */
    int revision();

    /**
     * Returns the header type without the multi-function bit: 0 function, 1 PCI bridge, 2 CardBus bridge; that of its class
     * where the function does not answer.
     */
    int headerType();

    /** Returns configuration space as the hardware has it. */
    ConfigSpace config();

    /** Returns the implemented BARs, lowest index first; the second half of a 64-bit BAR has no row of its own. */
    List<Bar> bars();

    /**
     * Returns the side by which the function is used. It stays the same while the function is present, and is of the bus's
     * kind ({@link PciBus#virtualization}).
     */
    Side side();

    /**
     * Makes VFs of a PF appear, or takes them away.
     *
     * @param count 0 to TotalVFs
     * @throws VfioException ENOTTY where the function has no VFs; ERANGE above TotalVFs; EBUSY where other VFs are
     *     enabled
     */
    default void enableVirtualFunctions(int count) {
        throw new VfioException(Errno.ENOTTY, "enable VFs of " + address() + ": it has none");
    }

    /** Returns the number of the IOMMU group, which functions share that the IOMMU cannot tell apart; empty without one. */
    OptionalInt iommuGroup();

    /** Returns the number of the NUMA node; empty where the host knows none. */
    default OptionalInt numaNode() {
        return OptionalInt.empty();
    }

    /** Returns the PF of a VF; empty for all others. */
    Optional<PciAddress> physicalFunction();

    /** Returns the VFs of a PF that are enabled now, in order; none for all others. */
    List<PciAddress> virtualFunctions();

    /** Tells whether the VFs of a PF are probed by themselves ({@code sriov_drivers_autoprobe}); true for all others. */
    default boolean driversAutoprobe() {
        return true;
    }

    /** Returns the function's state on its host; empty on a bus without a host below it. */
    default Optional<Host> host() {
        return Optional.empty();
    }

    /**
     * Returns the binding on the host, by which the host's driver is changed; empty on a bus without a host, and where the
     * host is not to be touched.
     */
    default Optional<HostBinding> hostBinding() {
        return Optional.empty();
    }

    /** Returns the warnings about facts of the function that could not be read, a sentence each. */
    default List<String> warnings() {
        return List.of();
    }

    /**
     * The state of a function on its host: the kernel drivers that have it or may have it.
     *
     * @param driver name of the bound kernel driver, or null
     * @param override the kernel's {@code driver_override}, or null
     * @param vfioDrivers the kernel's own VFIO drivers that match, best first
     */
    record Host(String driver, String override, List<KernelDriver> vfioDrivers) {

        /** Tells whether the host has given the function to VFIO: the bound driver is one of its VFIO drivers. */
        public boolean given() {
            return driver != null && vfioDrivers.stream().anyMatch(each -> driver.equals(each.driver()));
        }
    }

    /**
     * One VFIO driver of the host's kernel.
     *
     * @param module the name that modprobe takes
     * @param driver the name that {@code driver_override} takes, null where it is unknown until the module is loaded
     * @param alias the pattern that matched, null for a driver that is built in without one
     */
    record KernelDriver(String module, String driver, String alias) {
    }

    /**
     * A base address register.
     *
     * @param index 0 to 5
     * @param size in bytes, a power of two
     * @param io an I/O BAR, without memory
     * @param wide 64 bits: the next register holds the upper half
     */
    record Bar(int index, long size, boolean io, boolean wide, boolean prefetchable) {
    }

    /** Raw configuration space, little-endian. */
    @ProviderType
    interface ConfigSpace {
        /** Returns the size in bytes, 256 or 4096. */
        int size();

        /**
         * Reads a register.
         *
         * @param width 1, 2 or 4 bytes
         * @return zero-extended
         * @throws VfioException EFAULT where the access leaves the space or is unaligned; EIO where it fails
         */
        int read(int offset, int width);

        /**
         * Writes a register.
         *
         * @throws VfioException as {@link #read}, and EACCES where the bus only reads
         */
        void write(int offset, int width, int value);
    }
}
