// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.facet;

import java.util.Collection;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import vfio.core.device.DeviceHandle;
import vfio.core.device.VfioUser;
import vfio.iommu.Iommu;
import vfio.pci.core.id.HotResetInfo;
import vfio.pci.core.internal.PciCore;
import vfio.pci.core.user.FunctionHandle;
import vfio.pci.core.user.VfioPciDevices;

/** The facet of the core for programs, which open functions and use them. */
@Component
public final class ProgramFacet implements VfioPciDevices {
    private final PciCore core;

    @Activate
    public ProgramFacet(@Reference PciCore core) {
        this.core = core;
    }

    @Override
    public DeviceHandle open(String name, VfioUser user) {
        return core.openings().open(name, user);
    }

    @Override
    public FunctionHandle use(String name, VfioUser user) {
        return core.openings().use(name, user, core::allocate);
    }

    @Override
    public DeviceHandle openDirect(String name, VfioUser user) {
        return core.openings().openDirect(name, user);
    }

    @Override
    public Iommu iommu() {
        return core.members().iommu();
    }

    @Override
    public HotResetInfo hotResetInfo(DeviceHandle handle) {
        return core.openings().hotResetInfo(handle);
    }

    @Override
    public void hotReset(DeviceHandle handle, Collection<? extends AutoCloseable> owned) {
        core.openings().hotReset(handle, owned);
    }
}
