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

/**
 * A device by what the kernel has for opening it, as sysfs says at the moment.
 *
 * @param name what its group calls it: an address, or the UUID of a mediated device
 * @param group number of its IOMMU group
 * @param noIommu nothing translates what it reaches: the group is VFIO's own
 * @param cdev name of its character device; empty where the kernel makes none
 */
record HostNode(String name, int group, boolean noIommu, Optional<String> cdev) {
    private static final String NO_IOMMU = "vfio-noiommu"; // drivers/vfio/group.c

    /**
     * @param directory of the device in sysfs
     * @throws VfioException ENODEV where it is in no IOMMU group
     */
    static HostNode of(Path directory) {
        String name = directory.getFileName().toString();
        try {
            Path group = directory.resolve("iommu_group").toRealPath();
            return new HostNode(name, Integer.parseInt(group.getFileName().toString()), isOurs(group), cdev(directory));
        } catch (IOException | NumberFormatException e) {
            throw new VfioException(Errno.ENODEV, "open " + name
                    + ": it is in no IOMMU group; switch the IOMMU on in the firmware and the kernel's command line", e);
        }
    }

    private static boolean isOurs(Path group) throws IOException {
        Path name = group.resolve("name");
        return Files.exists(name) && Files.readString(name, StandardCharsets.US_ASCII).trim().equals(NO_IOMMU);
    }

    /** Such as {@code vfio3}. */
    private static Optional<String> cdev(Path directory) throws IOException {
        Path folder = directory.resolve("vfio-dev");
        if (!Files.isDirectory(folder)) {
            return Optional.empty();
        }
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.map(entry -> entry.getFileName().toString()).filter(entry -> entry.matches("vfio[0-9]{1,9}"))
                    .findFirst();
        }
    }
}
