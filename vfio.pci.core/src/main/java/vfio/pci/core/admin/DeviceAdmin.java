// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.admin;

import java.io.Serializable;
import java.util.List;
import org.osgi.annotation.versioning.ProviderType;
import vfio.core.VfioException;

/**
 * The operator's facet of functions as VFIO devices. Each call opens the function as one more user, beside those who have it
 * open already, and closes it afterwards; the first open of a function resets it.
 *
 * <p>A function is named as in {@link PciAdmin}, with {@code vf_token=UUID} behind the name where it needs one. Each call
 * throws {@link VfioException}: ENODEV where there is no such function or no driver is bound, EBUSY where its driver uses the
 * function itself or a user has it alone, EACCES where a VF token is missing, and the errno that the device answers.
 */
@ProviderType
public interface DeviceAdmin {
    /** The most bytes that one {@link #read} returns. */
    int MOST = 1 << 16;

    /** Returns every region, by index. */
    List<RegionRow> regions(String name);

    /** Returns every interrupt index. */
    List<IrqRow> irqs(String name);

    /**
     * Reads configuration space.
     *
     * @param user true for the space as the function's user sees it; false for the hardware's, which needs neither a driver
     *     nor an open
     * @return 256 or 4096 bytes
     */
    byte[] config(String name, boolean user);

    /**
     * Reads a region.
     *
     * @param count 1 to {@link #MOST} bytes
     * @return the bytes at the offset, fewer at the region's end
     * @throws VfioException EINVAL where the region has no byte there; EIO where the device's memory is disabled
     */
    byte[] read(String name, int region, long offset, int count);

    /**
     * Writes a register.
     *
     * <p>The last close of a function resets the function where a reset of it works. Where none works the value may stay.
     *
     * @param width 1, 2, 4 or 8 bytes
     * @param force writes although somebody has the function open
     * @return whether the function was reset after the write, since nobody else has it open and its reset works
     * @throws VfioException EBUSY where somebody has the function open; EINVAL where the region has no such place
     */
    boolean write(String name, int region, long offset, int width, long value, boolean force);

    /**
     * Resets a function.
     *
     * @param force resets although somebody has the function open
     * @throws VfioException EBUSY where somebody has the function open; EINVAL where it has no reset
     */
    void reset(String name, boolean force);

    /**
     * Returns the methods by which a function is reset.
     *
     * @throws VfioException EOPNOTSUPP on a bus whose host resets
     */
    ResetRow resetMethods(String name);

    /**
     * Sets the methods by which a function is reset, until they are set again or the function is gone, as sysfs
     * {@code reset_method}.
     *
     * @param methods names in the order in which they are tried; {@code default} alone for all that there are, in the
     *     kernel's order; none disable reset
     * @throws VfioException EINVAL for a method that is unknown or that the function does not have: the methods stay as they
     *     were; EOPNOTSUPP on a bus whose host resets
     */
    ResetRow resetMethods(String name, List<String> methods);

    /**
     * Returns the functions that a hot reset of the function's bus would reset.
     *
     * @throws VfioException ENODEV where the bus cannot be reset
     */
    List<DependentRow> hotResetInfo(String name);

    /**
     * Resets the function's bus.
     *
     * @param force resets although somebody has one of the functions open
     * @throws VfioException EBUSY where somebody has one of the functions open; EINVAL where one is no VFIO device; ENODEV
     *     where the bus cannot be reset
     */
    void hotReset(String name, boolean force);

    /**
     * Makes VFs of a PF appear, or takes them away; the PF's driver gets them. The driver's setting {@code enableSriov} must
     * be on. A PF that its host has not given to VFIO needs neither driver nor setting: its host driver makes the VFs. VFs of
     * a PF without a driver can be taken away. Users of VFs that go are asked first.
     *
     * @param count 0 to TotalVFs
     * @return how many VFs there are then
     * @throws VfioException ENOTTY where the function is no PF; ERANGE above TotalVFs; ENOENT where no VFIO driver has the
     *     PF, or the driver's setting is off; EINVAL where VFs are there already; EEXIST where the place of one is taken
     */
    int virtualFunctions(String name, int count);

    /**
     * Returns what a function's driver would hand over to its next version now, in the newest version of its state; the driver
     * keeps the function. Calls of its users that would run the driver's code wait meanwhile, as in an exchange. The function
     * is not opened for that.
     *
     * @return version 0 without values for a driver without a state
     * @throws VfioException ENODEV where nobody has the function open; EBUSY where calls under way, a migration or a dirty log
     *     stand in the way now; of kind STUCK where the driver did not come back, and the users have lost the function
     */
    StateRow state(String name);

    /**
     * A region of a function.
     *
     * @param flags words such as {@code rw mmap}; empty for an empty region
     * @param what {@code BAR 0}, {@code configuration} or a vendor's type
     * @param size in bytes
     * @param offset where the region begins in the device's file, in bytes
     * @param capabilities ids of the region's capabilities, in order
     * @param capabilityNames names of the capabilities, such as {@code msix-mappable}
     */
    record RegionRow(int index, String what, long size, String flags, long offset, List<Integer> capabilities,
            List<String> capabilityNames) implements Serializable {
    }

    /**
     * An interrupt index of a function.
     *
     * @param flags words such as {@code eventfd maskable}
     */
    record IrqRow(int index, String what, int count, String flags) implements Serializable {
    }

    /**
     * The reset methods of a function.
     *
     * @param methods the methods that are tried, in order; none where reset is disabled or the function has no method
     */
    record ResetRow(String function, List<String> methods) implements Serializable {
    }

    /**
     * A function that a hot reset would reset.
     *
     * @param driver null for none
     * @param users those who have the function open
     */
    record DependentRow(String address, int group, String driver, List<String> users) implements Serializable {
    }

    /**
     * The state of a function's driver.
     *
     * @param driver the driver's name
     * @param version the version of the state's meaning, 0 for a driver without a state
     * @param lasting whether a driver can also go on from it later, when the device has gone on since
     * @param values in the driver's order
     */
    record StateRow(String function, String driver, int version, boolean lasting, List<StateValue> values)
            implements Serializable {
    }

    /**
     * A value of a driver's state.
     *
     * @param kind {@code number}, {@code text} or {@code bytes}
     * @param length of the value, in bytes
     * @param value a number in decimal, a text as it is, the first {@link #SHOWN} bytes of a byte string as hexadecimal digits
     */
    record StateValue(String name, String kind, int length, String value) implements Serializable {
        /** The most bytes of a byte string that are shown. */
        public static final int SHOWN = 32;
    }
}
