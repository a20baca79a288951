// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.device;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;
import vfio.core.VfioException;
import vfio.os.Fd;
import vfio.os.Kernel;
import vfio.os.NativeBytes;
import vfio.pci.core.PciAddress;
import vfio.pci.core.bus.HostDevice;

/**
 * The kernel's IOMMU groups that this program has open, each once, as the kernel allows; in an address space of its own from
 * its first device to its last.
 */
public final class HostGroups {
    private final Nodes nodes;
    private final Map<Integer, OpenGroup> open = new HashMap<>();

    /**
     * Opens nothing yet.
     *
     * @param kernel asked for when the first group is opened
     * @param folder {@code /dev/vfio}
     */
    public HostGroups(Supplier<Kernel> kernel, String folder) {
        nodes = new Nodes(kernel, folder);
    }

    /** A group with devices that are open. */
    private static final class OpenGroup {
        private final Fd group;
        private final AddressSpace space;
        private int devices;

        OpenGroup(Fd group, AddressSpace space) {
            this.group = group;
            this.space = space;
        }
    }

    /**
     * Opens a function by its group.
     *
     * @throws VfioException what the kernel answers to opening the container or the group, or to asking for the device
     */
    public synchronized HostDevice open(PciAddress function, int group) {
        OpenGroup opened = open.get(group);
        if (opened == null) {
            opened = openGroup(group);
            open.put(group, opened);
        }
        try {
            NativeBytes name = NativeBytes.allocate(32);
            name.bytes().put(0, function.toString().getBytes(StandardCharsets.US_ASCII));
            int number = opened.group.ioctl("get device " + function, VfioAbi.GROUP_GET_DEVICE_FD, name);
            opened.devices++;
            return new LinuxDevice(nodes.kernel(), nodes.kernel().own(number, function.toString()), () -> closed(group));
        } finally {
            closeIfUnused(group);
        }
    }

    private OpenGroup openGroup(int number) {
        Fd group = nodes.group(number);
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
                container.ioctl("set the IOMMU", VfioAbi.SET_IOMMU, VfioAbi.TYPE1V2);
                return new OpenGroup(group, new AddressSpace(container));
            } catch (RuntimeException e) {
                container.close();
                throw e;
            }
        } catch (RuntimeException e) {
            group.close();
            throw e;
        }
    }

    private synchronized void closed(int group) {
        open.get(group).devices--;
        closeIfUnused(group);
    }

    private void closeIfUnused(int number) {
        OpenGroup unused = open.get(number);
        if (unused.devices == 0) {
            open.remove(number);
            unused.group.close();
            unused.space.close();
        }
    }

    /** What the devices of a group reach, while one of them is open. */
    synchronized AddressSpace space(int group) {
        return open.get(group).space;
    }
}
