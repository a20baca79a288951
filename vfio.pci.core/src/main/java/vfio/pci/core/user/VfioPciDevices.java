// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.user;

import java.util.Collection;
import org.osgi.annotation.versioning.ProviderType;
import vfio.core.VfioException;
import vfio.core.device.DeviceHandle;
import vfio.core.device.VfioUser;
import vfio.iommu.Iommu;
import vfio.pci.core.id.HotResetInfo;

/** The service by which programs open functions that are bound to a VFIO driver. */
@ProviderType
public interface VfioPciDevices {

    /**
     * Opens a function, as a member of its group: it may be opened several times.
     *
     * @param name the function's address, or {@code bus/address} where two buses have that address; options may follow, apart
     *     by spaces: {@code vf_token=UUID}
     * @throws VfioException ENODEV where there is no such function, or no driver is bound; EBUSY where the driver uses the
     *     function itself, or the function is open directly; EINVAL where the name cannot be read or fits two, an option is
     *     unknown or given twice, or a VF token is given that nothing asks for; EACCES where a VF token is missing or wrong;
     *     else what the driver's open answered
     */
    DeviceHandle open(String name, VfioUser user);

    /**
     * Opens a function with all that it takes to drive it. DMA uses the address space of the function's IOMMU group, which
     * all functions that this user has of the group share.
     *
     * @param name as for {@link #open}
     * @throws VfioException as {@link #open}; on a bus of raw hardware also EBUSY where another user has the IOMMU group
     *     open, and EPERM where a neighbour in the group has a driver that uses that neighbour itself
     */
    FunctionHandle use(String name, VfioUser user);

    /**
     * Opens a function for one user alone, as a VFIO character device is.
     *
     * @throws VfioException as {@link #open}; EINVAL where the function is open directly; EBUSY where its group has it open
     */
    DeviceHandle openDirect(String name, VfioUser user);

    /**
     * Returns the IOMMU of the functions of raw buses: their groups, containers and iommufd objects, by which their DMA
     * reaches memory. A function is named there by its address.
     */
    Iommu iommu();

    /**
     * Returns what a hot reset of the function's bus would reset (VFIO_DEVICE_GET_PCI_HOT_RESET_INFO): by groups, or for a
     * handle that was opened directly by the ids of its iommufd. {@link HotResetInfo#encode} lays the answer out as bytes.
     *
     * @throws VfioException ENODEV where the bus cannot be reset; EPERM where one of the functions has no IOMMU group and the
     *     handle was not opened directly; EINVAL for a handle that is not bound to an iommufd yet
     */
    HotResetInfo hotResetInfo(DeviceHandle handle);

    /**
     * Resets every function of the bus together (VFIO_DEVICE_PCI_HOT_RESET). Each must be a VFIO device and the asker's. It
     * is by a handle of its group or, for a handle that was opened directly, where the function itself or another of its
     * group is bound to the same iommufd. A handle that {@link #openDirect} gave, without an iommufd, owns the functions that
     * the same user has opened directly.
     *
     * @param owned one open handle of each group that is the asker's: a {@link vfio.iommu.GroupHandle}, or that of a function
     *     in the group; empty for a handle that was opened directly
     * @throws VfioException ENODEV as {@link #hotResetInfo}; EBADF where one of the handles is closed; EINVAL where there are
     *     none or too many handles, one of them stands for no group, or a function is no VFIO device or not the asker's;
     *     EBUSY where one is just being reset; EAGAIN where VFs of one come or go
     */
    void hotReset(DeviceHandle handle, Collection<? extends AutoCloseable> owned);
}
