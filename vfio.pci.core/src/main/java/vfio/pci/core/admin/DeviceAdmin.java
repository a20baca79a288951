// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.admin;

import java.io.Serializable;
import java.util.List;
import org.osgi.annotation.versioning.ProviderType;
import vfio.core.VfioException;

/**
 * The operator's facet of functions as VFIO devices. Each call opens the function as one user more, among those who have it
 * open already, and closes it after; the first open of a function resets it.
 *
 * <p>A function is named as in {@link PciAdmin}, with {@code vf_token=UUID} behind it where it needs one. Each call throws
 * {@link VfioException}: ENODEV where there is no such function or no driver bound, EBUSY where its driver uses it itself or a
 * user has it alone, EACCES where a VF token is missing, and what the device answers.
 */
@ProviderType
public interface DeviceAdmin {
    /** Most bytes that one {@link #read} gives. */
    int MOST = 1 << 16;

    /** Returns every region, by index. */
    List<RegionRow> regions(String name);

    /** Returns every interrupt index. */
    List<IrqRow> irqs(String name);

    /**
     * Reads configuration space.
     *
     * @param user as the function's user sees it; else the hardware's, which needs neither a driver nor an open
     * @return 256 or 4096 bytes
     */
    byte[] config(String name, boolean user);

    /**
     * Reads a region.
     *
     * @param count 1 to {@link #MOST}
     * @return what is there, fewer bytes at the region's end
     * @throws VfioException EINVAL where nothing of it is in the region; EIO where the device's memory is disabled
     */
    byte[] read(String name, int region, long offset, int count);

    /**
     * Writes a register.
     *
     * @param width 1, 2, 4 or 8 bytes
     * @param force although somebody has the function open
     * @throws VfioException EBUSY where somebody has it open; EINVAL where the region has no such place
     */
    void write(String name, int region, long offset, int width, long value, boolean force);

    /**
     * Resets a function.
     *
     * @param force although somebody has it open
     * @throws VfioException EBUSY where somebody has it open; EINVAL where it has no reset
     */
    void reset(String name, boolean force);

    /**
     * Tells how a function is reset.
     *
     * @throws VfioException EOPNOTSUPP on a bus whose host resets
     */
    ResetRow resetMethods(String name);

    /**
     * Says how a function is reset, until that is said otherwise or the function is gone, as sysfs {@code reset_method}.
     *
     * @param methods names in the order in which they are tried; {@code default} alone for all that there are, in the
     *     kernel's order; none disable reset
     * @throws VfioException EINVAL for a method that is unknown or that the function does not have: all stays as it was;
     *     EOPNOTSUPP on a bus whose host resets
     */
    ResetRow resetMethods(String name, List<String> methods);

    /**
     * Tells what a hot reset of the function's bus would reset.
     *
     * @throws VfioException ENODEV where the bus cannot be reset
     */
    List<DependentRow> hotResetInfo(String name);

    /**
     * Resets the function's bus.
     *
     * @param force although somebody has one of the functions open
     * @throws VfioException EBUSY where somebody has one of them open; EINVAL where one is no VFIO device; ENODEV
     */
    void hotReset(String name, boolean force);

    /**
     * Makes VFs of a PF appear, or takes them away; they are its driver's. The driver's setting {@code enableSriov} allows it;
     * a PF that its host has not given to VFIO needs neither, its host driver makes them. VFs of a PF without a driver can be
     * taken away. Users of VFs that go are asked first.
     *
     * @param count 0 to TotalVFs
     * @return how many there are
     * @throws VfioException ENOTTY where it is no PF; ERANGE above TotalVFs; ENOENT where no VFIO driver has the PF, or its
     *     setting is off; EINVAL where VFs are there already; EEXIST where the place of one is taken
     */
    int virtualFunctions(String name, int count);

    /**
     * @param flags words such as {@code rw mmap}; empty for an empty region
     * @param what {@code BAR 0}, {@code configuration} or a vendor's type
     * @param offset where it begins in the device's file
     * @param capabilities ids, in order
     * @param capabilityNames theirs, such as {@code msix-mappable}
     */
    record RegionRow(int index, String what, long size, String flags, long offset, List<Integer> capabilities,
            List<String> capabilityNames) implements Serializable {
    }

    /** @param flags words such as {@code eventfd maskable} */
    record IrqRow(int index, String what, int count, String flags) implements Serializable {
    }

    /** @param methods what is tried, in order; none where reset is disabled or the function has no method */
    record ResetRow(String function, List<String> methods) implements Serializable {
    }

    /**
     * @param driver null for none
     * @param users who has it open
     */
    record DependentRow(String address, int group, String driver, List<String> users) implements Serializable {
    }
}
