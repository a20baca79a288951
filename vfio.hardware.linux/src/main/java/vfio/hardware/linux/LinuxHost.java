// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import vfio.core.Errno;
import vfio.core.SharedMemory;
import vfio.core.VfioException;
import vfio.core.device.VfioUser;
import vfio.hardware.linux.binding.HostSide;
import vfio.hardware.linux.bus.KernelDrivers;
import vfio.hardware.linux.bus.LinuxFunction;
import vfio.hardware.linux.device.HostDevices;
import vfio.hardware.linux.file.CachedValue;
import vfio.hardware.linux.sysfs.SysfsDirectory;
import vfio.os.Kernel;
import vfio.pci.core.bus.PciFunction.Host;
import vfio.pci.core.id.PciAddress;
import vfio.pci.core.standalone.StandaloneFunction;
import vfio.pci.core.user.FunctionHandle;

/**
 * This host's functions for a program without a framework and without a driver of this project: opens those that the kernel
 * has given to one of its VFIO drivers.
 */
public final class LinuxHost {
    private static final Path SYSFS = Path.of("/sys");
    private static final String NODES = "/dev/vfio";
    private static final LinuxHost HERE = new LinuxHost(SYSFS,
            Path.of("/lib/modules").resolve(System.getProperty("os.version")),
            new HostDevices(Kernel::host, NODES, HostDevices.Access.AUTO, Set.of()),
            (name, size) -> Kernel.host().memory(name, size));

    private final Path devices;
    private final KernelDrivers kernelDrivers;
    private final HostDevices vfio;
    private final HostSide side;
    private final SharedMemory.Source memory;

    LinuxHost(Path sysfs, Path release, HostDevices vfio, SharedMemory.Source memory) {
        devices = sysfs.resolve("bus/pci/devices");
        kernelDrivers = new KernelDrivers(sysfs, release, CachedValue.AGE);
        side = HostSide.of(sysfs, Path.of(NODES), null, kernelDrivers);
        this.vfio = vfio;
        this.memory = memory;
    }

    /**
     * Opens a function.
     *
     * @param address such as {@code 0000:00:10.0}
     * @throws VfioException EINVAL where the text is no address; ENODEV where there is no such function, no driver has it, or
     *     it is in no IOMMU group; EBUSY where another driver of the kernel has it, or another program has it open; EACCES
     *     and EPERM where this program may not open its file; else the kernel's errno
     */
    public static FunctionHandle open(String address) {
        return HERE.openFunction(address);
    }

    FunctionHandle openFunction(String text) {
        PciAddress address = parse(text);
        Path directory = devices.resolve(address.toString());
        if (!Files.exists(directory)) {
            throw new VfioException(Errno.ENODEV,
                    "open " + address + ": this host has no such function; lspci -D lists them");
        }
        LinuxFunction function = new LinuxFunction(address, new SysfsDirectory(directory), kernelDrivers, vfio, side);
        requireGiven(address, function.host().orElseThrow());
        return StandaloneFunction.open(function, VfioUser.named("process " + ProcessHandle.current().pid()), memory);
    }

    private static PciAddress parse(String text) {
        try {
            return PciAddress.parse(text);
        } catch (IllegalArgumentException e) {
            throw new VfioException(Errno.EINVAL, "open " + text + ": " + e.getMessage());
        }
    }

    private static void requireGiven(PciAddress address, Host host) {
        if (host.given()) {
            return;
        }
        String give = "give it to VFIO, as by driverctl set-override " + address + " vfio-pci";
        throw host.driver() == null
                ? new VfioException(Errno.ENODEV, "open " + address + ": no driver of the kernel has it; " + give)
                : new VfioException(Errno.EBUSY, "open " + address + ": the kernel's driver " + host.driver()
                        + " has it; take it out of use, then " + give);
    }
}
