// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.guard;

import static vfio.pci.core.id.PciRegisters.HEADER_TYPE;
import static vfio.pci.core.id.PciRegisters.HEADER_TYPE_MASK;
import static vfio.pci.core.id.PciRegisters.HEADER_TYPE_NORMAL;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.util.Optional;
import java.util.Set;
import vfio.hardware.linux.sysfs.SysfsDirectory;
import vfio.pci.core.id.PciAddress;
import vfio.pci.core.id.PciClass;

/** A function that is to be taken from its host's driver. Its facts are read each time they are asked for. */
public record GuardedFunction(PciAddress address, SysfsDirectory directory) {
    private static final Set<String> HARMLESS = Set.of("pcieport", "pci-stub");
    private static final int NO_TYPE = HEADER_TYPE_MASK; // all ones: it does not answer

    /** Returns the name of the host's driver. */
    public Optional<String> driver() {
        return directory.link("driver", warning -> { });
    }

    /** Returns the name of the driver of a directory's function, unless that driver does no DMA (driver_managed_dma). */
    public static Optional<String> dmaDriver(SysfsDirectory directory) {
        return directory.link("driver", warning -> { }).filter(name -> !HARMLESS.contains(name));
    }

    /** Returns the number of the IOMMU group. */
    public Optional<Integer> group() {
        return directory.linkedNumber("iommu_group", warning -> { });
    }

    /** Tells whether another directory of sysfs lies below this function. */
    boolean has(SysfsDirectory other) {
        return other.real().startsWith(directory.real());
    }

    /** Tells whether a directory's function is a bridge, by its class or, where the class does not say, by its header. */
    public static boolean isBridge(SysfsDirectory directory) {
        int subclass = directory.hex("class", 24, warning -> { }) >> 8;
        return switch (subclass) {
            case PciClass.BRIDGE_HOST, PciClass.BRIDGE_ISA, PciClass.BRIDGE_PCI, PciClass.BRIDGE_CARDBUS,
                    PciClass.BRIDGE_SEMI_TRANSPARENT -> true;
            default -> headerType(directory) != HEADER_TYPE_NORMAL;
        };
    }

    private static int headerType(SysfsDirectory directory) {
        try (InputStream config = Files.newInputStream(directory.path().resolve("config"))) {
            byte[] header = config.readNBytes(HEADER_TYPE + 1);
            int type = header.length > HEADER_TYPE ? header[HEADER_TYPE] & HEADER_TYPE_MASK : 0;
            return type == NO_TYPE ? 0 : type; // its class decides
        } catch (IOException e) {
            return 0; // the class decides
        }
    }

    @Override
    public String toString() {
        return address.toString();
    }
}
