// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.device;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.hardware.linux.guard.GuardedFunction;
import vfio.hardware.linux.sysfs.SysfsDirectory;

/**
 * The files by which a device can be opened, as sysfs says at the moment.
 *
 * @param directory in sysfs
 * @param group number of its IOMMU group
 * @param noIommu whether the group is VFIO's own, without an IOMMU that translates
 * @param cdev name of the character device; empty where the kernel has none
 */
record HostNode(Path directory, int group, boolean noIommu, Optional<String> cdev) {
    private static final String NO_IOMMU = "vfio-noiommu"; // drivers/vfio/group.c
    private static final String VFIO_DEVICE = "vfio-dev"; // drivers/vfio/vfio_main.c, since 6.1

    /**
     * Reads sysfs.
     *
     * @param directory of the device in sysfs
     * @throws VfioException ENODEV where the device is in no IOMMU group
     */
    static HostNode of(Path directory) {
        try {
            Path group = directory.resolve("iommu_group").toRealPath();
            return new HostNode(directory, Integer.parseInt(group.getFileName().toString()),
                    !isMediated(directory) && isOurs(group), cdev(directory));
        } catch (IOException | NumberFormatException e) {
            throw new VfioException(Errno.ENODEV, "open " + directory.getFileName()
                    + ": it is in no IOMMU group; switch the IOMMU on in the firmware and the kernel's command line", e);
        }
    }

    /** Returns the name by which the group knows the device: an address, or the UUID of a mediated device. */
    String name() {
        return directory.getFileName().toString();
    }

    /**
     * Returns why the kernel answers EPERM when the device is to be attached to an address space, and what to do, to stand
     * after a sentence.
     *
     * @param module whose option allows it where interrupts are not remapped
     */
    String notPermitted(String module) {
        return neighbours().orElse("; its interrupts are not remapped (the kernel's log: No interrupt remapping), so who has "
                + "it could raise any of this host; switch that on in the firmware (x2APIC, VT-d), or allow it by "
                + "allow_unsafe_interrupts=1 of module " + module);
    }

    /** The first of its group that a driver has which does DMA and is none of VFIO's; none before 6.1, which does not say. */
    private Optional<String> neighbours() {
        if (!Files.exists(directory.resolve(VFIO_DEVICE))) {
            return Optional.empty(); // VFIO has this one
        }
        SysfsDirectory members = new SysfsDirectory(directory.resolve("iommu_group/devices"));
        return members.names().stream().filter(member -> !member.equals(name()) && !members.child(member).has(VFIO_DEVICE))
                .flatMap(member -> GuardedFunction.dmaDriver(members.child(member)).map(driver -> "; " + member
                        + " of its group is bound to " + driver + "; bind it to a VFIO driver of the kernel, or unbind it")
                        .stream()).findFirst();
    }

    /** Tells whether a device is mediated: its driver reaches the mapped memory for it. */
    private static boolean isMediated(Path directory) throws IOException {
        Path bus = directory.resolve("subsystem");
        return Files.exists(bus) && bus.toRealPath().getFileName().toString().equals("mdev");
    }

    private static boolean isOurs(Path group) throws IOException {
        Path name = group.resolve("name");
        return Files.exists(name) && Files.readString(name, StandardCharsets.US_ASCII).trim().equals(NO_IOMMU);
    }

    /** Returns a name such as {@code vfio3}. */
    private static Optional<String> cdev(Path directory) throws IOException {
        Path folder = directory.resolve(VFIO_DEVICE);
        if (!Files.isDirectory(folder)) {
            return Optional.empty();
        }
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.map(entry -> entry.getFileName().toString()).filter(entry -> entry.matches("vfio[0-9]{1,9}"))
                    .findFirst();
        }
    }
}
