// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

import vfio.pci.core.admin.PciNames;

/** A few lines of pci.ids. */
public final class FakeNames implements PciNames {
    @Override
    public String vendor(int vendor) {
        return switch (vendor) {
            case 0x8086 -> "Intel Corporation";
            case 0x15b3 -> "Mellanox Technologies";
            default -> "";
        };
    }

    @Override
    public String device(int vendor, int device) {
        return switch (device) {
            case 0x101d -> "MT2892 Family [ConnectX-6 Dx]";
            case 0x101e -> "ConnectX Family mlx5Gen Virtual Function";
            case 0x10d3 -> "82574L Gigabit Network Connection";
            default -> "";
        };
    }

    @Override
    public String subsystem(int vendor, int device, int subvendor, int subdevice) {
        return device == 0x101e ? "Board of the test" : "";
    }

    @Override
    public String classOf(int classCode) {
        return classCode >> 16 == 2 ? "Ethernet controller" : "";
    }

    @Override
    public String interfaceOf(int classCode) {
        return "";
    }
}
