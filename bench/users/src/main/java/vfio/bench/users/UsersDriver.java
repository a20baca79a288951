// SPDX-License-Identifier: Apache-2.0
package vfio.bench.users;

import org.osgi.service.component.annotations.Component;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.pci.core.PciBinding;
import vfio.pci.core.PciDriver;
import vfio.pci.core.PciIds;
import vfio.pci.core.VfioPciDevice;
import vfio.pci.core.id.PciDeviceId;

/** Drives nothing; only bundles with a driver are deployed. */
@Component
@PciIds(driver = "bench_users", overrideOnly = "ffff:ffff")
public final class UsersDriver implements PciDriver {
    @Override
    public PciBinding probe(VfioPciDevice device, PciDeviceId id) {
        throw new VfioException(Errno.ENODEV, "it drives nothing");
    }
}
