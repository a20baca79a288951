// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.device;

import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.hardware.linux.guard.OpenFiles;
import vfio.hardware.linux.guard.OpenFiles.Holder;
import vfio.os.Fd;
import vfio.os.Kernel;
import vfio.os.call.NativeBytes;

/** The files below {@code /dev/vfio}, and {@code /dev/iommu} beside them. An open that fails says what to do. */
final class VfioNodes {
    private static final String BIND = "bind its functions to a VFIO driver of the kernel";

    private final Supplier<Kernel> kernel;
    private final String folder;

    VfioNodes(Supplier<Kernel> kernel, String folder) {
        this.kernel = kernel;
        this.folder = folder;
    }

    Kernel kernel() {
        return kernel.get();
    }

    /**
     * Opens a container.
     *
     * @throws VfioException with the kernel's errno
     */
    Fd container() {
        Fd container = open(folder + "/vfio", "load the module vfio_iommu_type1, or use a kernel that has VFIO");
        try {
            int version = container.ioctl("get the API version", VfioAbi.GET_API_VERSION, 0);
            if (version != VfioAbi.API_VERSION) {
                throw new VfioException(Errno.EOPNOTSUPP, "use " + container.name() + ": its API has version " + version);
            }
            return container;
        } catch (RuntimeException e) {
            container.close();
            throw e;
        }
    }

    /**
     * Opens a group.
     *
     * @throws VfioException EBUSY where another process has it open; ENOENT where no member is bound to a VFIO driver;
     *     EACCES, EPERM; EPERM where a neighbour is bound to a driver that does DMA by itself
     */
    Fd group(HostNode node) {
        Fd group = open(group(node.group(), node.noIommu()), BIND);
        try {
            NativeBytes status = VfioAbi.GROUP_STATUS.allocate();
            status.bytes().putInt(0, status.size());
            group.ioctl("get the status", VfioAbi.GROUP_GET_STATUS, status);
            if ((status.bytes().getInt(VfioAbi.GROUP_STATUS.offset("flags")) & VfioAbi.GROUP_VIABLE) == 0) {
                throw new VfioException(Errno.EPERM, "open group " + node.group()
                        + ": it is not viable; every function in it must be unbound or bound to a VFIO driver of the kernel");
            }
            return group;
        } catch (RuntimeException e) {
            group.close();
            throw e;
        }
    }

    private String group(int number, boolean noIommu) {
        return folder + (noIommu ? "/noiommu-" : "/") + number;
    }

    /**
     * Opens iommufd.
     *
     * @throws VfioException ENOENT where the kernel has no iommufd, or its module is not loaded
     */
    Fd iommufd() {
        return open(Path.of(folder).resolveSibling("iommu").toString(),
                "load the module iommufd, or use a kernel that has it");
    }

    /** Opens a device by its character device. */
    Fd device(String cdev) {
        return open(folder + "/devices/" + cdev, BIND);
    }

    /**
     * Names the other programs that have a device or its group open, to stand after a sentence; the empty text where they
     * cannot be seen.
     */
    String others(HostNode node) {
        return holders(group(node.group(), node.noIommu()), folder + "/devices/" + node.cdev().orElse("-"))
                .filter(holder -> !holder.own()).map(holder -> ": " + holder).collect(Collectors.joining());
    }

    private static Stream<Holder> holders(String... files) {
        List<Path> wanted = Stream.of(files).map(Path::of).toList();
        return new OpenFiles(Path.of("/proc"), ProcessHandle.current().pid()).holders(wanted::contains).stream();
    }

    private Fd open(String path, String missing) {
        try {
            return kernel().open(path, Kernel.READ_WRITE);
        } catch (VfioException e) {
            String advice = switch (e.errno()) {
                case ENOENT, ENODEV, ENXIO -> missing;
                case EACCES, EPERM -> "its owner must be the user of this program, or run it as root";
                case EBUSY -> "another program has it open, or opened a member directly; end that first"
                        + holders(path).map(holder -> ": " + holder).collect(Collectors.joining());
                default -> throw e;
            };
            throw new VfioException(e.errno(), e.sentence() + "; " + advice, e);
        }
    }
}
