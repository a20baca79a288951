// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.device;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.os.Fd;
import vfio.os.call.NativeBytes;
import vfio.os.call.StructLayout;
import vfio.pci.core.id.HotResetInfo;

/** The kernel's hot reset, for which this program proves by its open files that the functions are its own. */
final class KernelHotReset {
    /** The most functions that a bus has. */
    private static final int MOST = 256;

    private KernelHotReset() {
    }

    /** Asks which functions a reset affects: by groups, or by device ids of the iommufd to which the device is bound. */
    static HotResetInfo info(Fd device) {
        NativeBytes struct = NativeBytes.allocate(HotResetInfo.bytes(MOST));
        ByteBuffer bytes = struct.bytes();
        bytes.putInt(0, struct.size());
        try {
            device.ioctl("get hot reset info", VfioAbi.HOT_RESET_INFO, struct);
        } catch (VfioException e) {
            throw e.errno() != Errno.ENODEV ? e : new VfioException(Errno.ENODEV, e.sentence()
                    + "; its bus cannot be reset: it is a root bus, or its bridge does not", e);
        }
        return HotResetInfo.decode(bytes);
    }

    /**
     * Resets.
     *
     * @param groups of this program; none where the device is bound to an iommufd, which is the proof
     */
    static void reset(Fd device, List<Fd> groups) {
        StructLayout layout = VfioAbi.HOT_RESET_STRUCT;
        NativeBytes struct = NativeBytes.allocate(layout.size() + Integer.BYTES * groups.size());
        List<Fd> entered = new ArrayList<>();
        try {
            struct.bytes().putInt(layout.offset("argsz"), struct.size()).putInt(layout.offset("count"), groups.size());
            for (Fd group : groups) {
                int number = group.enter();
                entered.add(group);
                struct.bytes().putInt(layout.size() + Integer.BYTES * (entered.size() - 1), number);
            }
            device.ioctl("hot reset", VfioAbi.HOT_RESET, struct);
        } finally {
            entered.forEach(Fd::leave);
        }
    }
}
