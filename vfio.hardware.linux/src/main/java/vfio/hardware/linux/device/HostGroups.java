// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.device;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.dma.DmaSpace;
import vfio.os.Fd;
import vfio.os.Kernel;
import vfio.os.call.NativeBytes;
import vfio.pci.core.bus.HostDevice;
import vfio.pci.core.id.PciAddress;

/**
 * The kernel's IOMMU groups that this program has open, each once, as the kernel demands. A group has an address space of its
 * own from the open of its first device to the close of its last.
 */
public final class HostGroups {
    private final VfioNodes nodes;
    private final Map<Integer, OpenGroup> open = new HashMap<>();

    /**
     * Opens nothing yet.
     *
     * @param kernel asked for when the first group is opened
     * @param folder {@code /dev/vfio}
     */
    public HostGroups(Supplier<Kernel> kernel, String folder) {
        this(new VfioNodes(kernel, folder));
    }

    HostGroups(VfioNodes nodes) {
        this.nodes = nodes;
    }

    /** A group with devices that are open. */
    private final class OpenGroup extends SharedAttachment {
        private final int number;
        private final Fd group;
        private final Fd container;
        /** Null without an IOMMU. */
        private final DmaMappings mappings;

        OpenGroup(HostNode node, Fd group, Fd container) {
            super(HostGroups.this);
            number = node.group();
            this.group = group;
            this.container = container;
            mappings = node.noIommu() ? null : new DmaMappings(new Type1Translation(container));
        }

        @Override
        public DmaSpace dma() {
            if (mappings == null) {
                throw new VfioException(Errno.EOPNOTSUPP, "map memory for group " + number + ": no IOMMU translates for it; "
                        + "use hugepages, which stay where they are, by their physical addresses (/proc/self/pagemap)");
            }
            return mappings;
        }

        @Override
        public Optional<Fd> group() {
            return Optional.of(group);
        }

        @Override
        Runnable end() {
            open.remove(number, this);
            group.close();
            if (mappings == null) {
                container.close();
                return NOTHING;
            }
            return mappings.end();
        }
    }

    /**
     * Opens a function by its group.
     *
     * @throws VfioException with the kernel's errno of opening the container or the group, or of asking for the device
     */
    public HostDevice open(PciAddress function, int group) {
        return open(new HostNode(Path.of(function.toString()), group, false, Optional.empty()), function.toString());
    }

    /**
     * Opens a device by its group.
     *
     * @param text the name, after which a VF token may stand
     */
    synchronized HostDevice open(HostNode node, String text) {
        OpenGroup opened = open.get(node.group());
        if (opened == null) {
            opened = openGroup(node);
            open.put(node.group(), opened);
        }
        try {
            byte[] characters = text.getBytes(StandardCharsets.US_ASCII);
            NativeBytes name = NativeBytes.allocate(characters.length + 1);
            name.bytes().put(0, characters);
            int number = opened.group.ioctl("get device " + node.name(), VfioAbi.GROUP_GET_DEVICE_FD, name);
            opened.opened();
            return new LinuxDevice(nodes.kernel(), nodes.kernel().own(number, node.name()), opened);
        } finally {
            opened.endIfUnused().run();
        }
    }

    private OpenGroup openGroup(HostNode node) {
        Fd group = nodes.group(node);
        try {
            Fd container = nodes.container();
            try {
                NativeBytes fd = NativeBytes.allocate(Integer.BYTES);
                int named = container.enter();
                try {
                    fd.bytes().putInt(0, named);
                    group.ioctl("set the container", VfioAbi.GROUP_SET_CONTAINER, fd);
                } finally {
                    container.leave();
                }
                setIommu(node, container);
                return new OpenGroup(node, group, container);
            } catch (RuntimeException e) {
                container.close();
                throw e;
            }
        } catch (RuntimeException e) {
            group.close();
            throw e;
        }
    }

    private static void setIommu(HostNode node, Fd container) {
        try {
            container.ioctl("set the IOMMU", VfioAbi.SET_IOMMU, node.noIommu() ? VfioAbi.NOIOMMU : VfioAbi.TYPE1V2);
        } catch (VfioException e) {
            if (e.errno() != Errno.EPERM || node.noIommu()) {
                throw e;
            }
            throw new VfioException(e.errno(), "open " + node.name() + " by its group: " + e.sentence()
                    + node.notPermitted("vfio_iommu_type1"), e);
        }
    }

    synchronized boolean isOpen(int group) {
        return open.containsKey(group);
    }
}
