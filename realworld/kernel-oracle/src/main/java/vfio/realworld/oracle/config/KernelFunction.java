// SPDX-License-Identifier: Apache-2.0
package vfio.realworld.oracle.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import vfio.core.info.RegionInfo;
import vfio.hardware.linux.device.HostGroups;
import vfio.hardware.linux.device.LinuxDevice;
import vfio.os.Kernel;
import vfio.pci.core.bus.HostDevice;
import vfio.pci.core.id.PciAddress;

/** A function that the kernel's vfio-pci virtualizes, open from its making to its close. */
public final class KernelFunction implements AutoCloseable {
    private final HostDevice device;

    /** Gives the function, which has no driver, to vfio-pci and opens it by its group. */
    public KernelFunction(String function) throws IOException {
        Path folder = Path.of("/sys/bus/pci/devices", function);
        Files.writeString(folder.resolve("driver_override"), "vfio-pci");
        Files.writeString(Path.of("/sys/bus/pci/drivers_probe"), function);
        int group = Integer.parseInt(folder.resolve("iommu_group").toRealPath().getFileName().toString());
        device = new HostGroups(Kernel::host, "/dev/vfio").open(PciAddress.parse(function), group);
    }

    public HostDevice device() {
        return device;
    }

    /** @throws vfio.core.VfioException EINVAL where there is no such region */
    public RegionInfo regionInfo(int index) {
        return ((LinuxDevice) device).regionInfo(index);
    }

    @Override
    public void close() {
        device.close();
    }
}
