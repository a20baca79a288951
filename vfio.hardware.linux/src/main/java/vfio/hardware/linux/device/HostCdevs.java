// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.device;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.dma.DmaSpace;
import vfio.os.Fd;
import vfio.os.call.NativeBytes;
import vfio.os.call.StructLayout;
import vfio.pci.core.bus.HostDevice;

/**
 * The devices that this program has opened by their character devices, all in one iommufd, which is open while one device is.
 * Devices of one IOMMU group share an address space, since the IOMMU cannot tell them apart.
 */
final class HostCdevs {
    private final VfioNodes nodes;
    private final Map<Integer, OpenSpace> open = new HashMap<>();
    /** Null while nothing is open. */
    private Fd iommufd;

    HostCdevs(VfioNodes nodes) {
        this.nodes = nodes;
    }

    /** The address space of a group with devices that are open. */
    private final class OpenSpace extends SharedAttachment {
        private final int group;
        private final IoasTranslation ioas;
        private final DmaMappings mappings;

        OpenSpace(int group, IoasTranslation ioas) {
            super(HostCdevs.this);
            this.group = group;
            this.ioas = ioas;
            mappings = new DmaMappings(ioas);
        }

        @Override
        public DmaSpace dma() {
            return mappings;
        }

        @Override
        public Optional<Fd> group() {
            return Optional.empty();
        }

        @Override
        Runnable end() {
            open.remove(group, this);
            try {
                return mappings.end();
            } finally {
                closeIfEmpty();
            }
        }
    }

    /**
     * Opens a device by itself.
     *
     * @throws VfioException with the kernel's errno of opening the device or iommufd, or of binding one to the other; EBUSY
     *     where another process has the device or its group open
     */
    synchronized HostDevice open(HostNode node) {
        String cdev = node.cdev().orElseThrow(() -> new VfioException(Errno.ENOENT, "open " + node.name()
                + " by itself: the kernel has no character device for it; bind it to a VFIO driver, on a kernel with "
                + "CONFIG_VFIO_DEVICE_CDEV, or open it by its group"));
        if (iommufd == null) {
            iommufd = nodes.iommufd();
        }
        OpenSpace space = null;
        try {
            Fd device = nodes.device(cdev);
            try {
                bind(node, device);
                space = open.computeIfAbsent(node.group(), group -> new OpenSpace(group, new IoasTranslation(iommufd)));
                attach(node, device, space.ioas.id());
                space.opened();
                return new LinuxDevice(nodes.kernel(), device, space);
            } catch (RuntimeException e) {
                device.close();
                throw e;
            }
        } finally {
            if (space == null) {
                closeIfEmpty();
            } else {
                space.endIfUnused().run();
            }
        }
    }

    private void bind(HostNode node, Fd device) {
        StructLayout layout = IommufdAbi.BIND;
        NativeBytes struct = layout.allocate();
        int named = iommufd.enter();
        try {
            struct.bytes().putInt(layout.offset("argsz"), layout.size()).putInt(layout.offset("iommufd"), named);
            device.ioctl("bind " + node.name() + " to iommufd", IommufdAbi.DEVICE_BIND, struct);
        } catch (VfioException e) {
            String others = nodes.others(node);
            String advice = switch (e.errno()) {
                case EBUSY -> "; its group is open, or another domain has it; end that first" + others;
                case EPERM -> others.isEmpty() ? node.notPermitted("iommufd") : "; end that first" + others;
                default -> "";
            };
            throw new VfioException(e.errno(), e.sentence() + advice, e);
        } finally {
            iommufd.leave();
        }
    }

    private static void attach(HostNode node, Fd device, int ioas) {
        StructLayout layout = IommufdAbi.ATTACH;
        NativeBytes struct = layout.allocate();
        struct.bytes().putInt(layout.offset("argsz"), layout.size()).putInt(layout.offset("pt_id"), ioas);
        device.ioctl("attach " + node.name() + " to an address space", IommufdAbi.DEVICE_ATTACH, struct);
    }

    private void closeIfEmpty() {
        if (open.isEmpty()) {
            iommufd.close(); // ends the address spaces that are left, too
            iommufd = null;
        }
    }
}
