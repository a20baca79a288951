// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.device;

import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Set;
import java.util.function.Supplier;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.os.Kernel;
import vfio.pci.core.bus.HostDevice;

/**
 * The devices that the kernel has given to VFIO, opened by their groups or by themselves. Files are open only as long as an
 * open device needs them.
 */
public final class HostDevices {
    private final Access access;
    private final Set<String> noIommu;
    private final HostGroups groups;
    private final HostCdevs cdevs;

    /** The way in which a device is opened. */
    public enum Access {
        /** By the character device where the kernel has one, else by the group. */
        AUTO,
        /** By the group, in a container of type 1. */
        GROUP,
        /** By the character device, in an iommufd. */
        CDEV;

        /**
         * Parses a setting.
         *
         * @throws IllegalArgumentException for another word than {@code auto}, {@code group} and {@code cdev}
         */
        public static Access parse(String word) {
            return Arrays.stream(values()).filter(one -> one.name().toLowerCase(Locale.ROOT).equals(word)).findFirst()
                    .orElseThrow(() -> new IllegalArgumentException("access '" + word + "' is none of auto, group, cdev"));
        }
    }

    /**
     * Opens nothing yet.
     *
     * @param kernel asked for when the first device is opened
     * @param folder {@code /dev/vfio}
     * @param noIommu names of functions that may be opened although no IOMMU guards memory from them
     */
    public HostDevices(Supplier<Kernel> kernel, String folder, Access access, Set<String> noIommu) {
        this.access = access;
        this.noIommu = Set.copyOf(noIommu);
        VfioNodes nodes = new VfioNodes(kernel, folder);
        groups = new HostGroups(nodes);
        cdevs = new HostCdevs(nodes);
    }

    /** Opens a device without a VF token, as {@link #open(Path, String)}. */
    public HostDevice open(Path directory) {
        return open(directory, directory.getFileName().toString());
    }

    /**
     * Opens a device.
     *
     * @param directory in sysfs, of a function or a mediated device
     * @param text the name, after which a VF token may stand: {@code 0000:01:00.1 vf_token=UUID}
     * @throws VfioException ENODEV where the device is in no IOMMU group; EPERM where no IOMMU guards memory from it and it
     *     is not listed; ENOENT where no VFIO driver of the kernel has it; EBUSY where another process has it open; else the
     *     kernel's errno
     */
    public HostDevice open(Path directory, String text) {
        HostNode node = HostNode.of(directory);
        if (node.noIommu()) {
            requireListed(node);
        }
        if (access == Access.CDEV && !text.equals(node.name())) {
            throw new VfioException(Errno.EINVAL, "open " + node.name()
                    + " by itself: only groups take a VF token; set access to auto or group");
        }
        boolean alone = text.equals(node.name()) && !node.noIommu();
        boolean offered = node.cdev().isPresent() && alone && !groups.isOpen(node.group());
        if (access == Access.CDEV || access == Access.AUTO && offered) {
            try {
                return cdevs.open(node);
            } catch (VfioException e) {
                if (access == Access.CDEV || e.errno() != Errno.ENOENT && e.errno() != Errno.EACCES) {
                    throw e;
                } // iommufd is missing, or this process may not open it
            }
        }
        return groups.open(node, text);
    }

    private void requireListed(HostNode node) {
        String danger = "open " + node.name() + ": it has no IOMMU, so its DMA reaches all memory of this host";
        if (!noIommu.contains(node.name())) {
            throw new VfioException(Errno.EPERM, danger + ", and the kernel is tainted since it was bound; if you want "
                    + "that, list it in setting noIommu, and use memory of hugepages only");
        }
        System.getLogger(HostDevices.class.getName()).log(Level.WARNING,
                danger + "; the kernel is tainted since it was bound, and only hugepages are memory for it");
    }
}
