// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.device;

import java.nio.ByteBuffer;
import vfio.core.DeviceInfo;
import vfio.core.Errno;
import vfio.core.EventSignal;
import vfio.core.InfoLayout;
import vfio.core.IrqInfo;
import vfio.core.IrqRequest;
import vfio.core.RegionInfo;
import vfio.core.RegionOperations;
import vfio.core.VfioException;
import vfio.os.EventFd;
import vfio.os.Fd;
import vfio.os.Kernel;
import vfio.os.NativeBytes;
import vfio.os.StructLayout;
import vfio.pci.core.bus.HostDevice;

/**
 * A function as the kernel has it open: every call is one of its device file. Opening and closing make no access of
 * configuration space of ours.
 */
final class LinuxDevice implements HostDevice {
    /** What a chain of capabilities may take; the kernel's are far smaller. */
    private static final int LARGEST = 64 << 10;
    private static final int INDEX = 8;

    private final Fd device;
    private final HostInterrupts interrupts;
    private final Runnable onClose;

    /** @param onClose when the file is closed: the group and what it is in can be let go of */
    LinuxDevice(Kernel kernel, Fd device, Runnable onClose) {
        this.device = device;
        this.onClose = onClose;
        interrupts = new HostInterrupts(kernel, device);
    }

    @Override
    public DeviceInfo info() {
        return InfoLayout.device(ask("get info", VfioAbi.DEVICE_GET_INFO, VfioAbi.DEVICE_INFO, -1));
    }

    @Override
    public RegionOperations region(int index) {
        return new HostRegion(device, regionInfo(index));
    }

    RegionInfo regionInfo(int index) {
        return InfoLayout.region(ask("get info of region " + index, VfioAbi.DEVICE_GET_REGION_INFO, VfioAbi.REGION_INFO, index));
    }

    @Override
    public IrqInfo irqInfo(int index) {
        return InfoLayout.irq(ask("get info of interrupts " + index, VfioAbi.DEVICE_GET_IRQ_INFO, VfioAbi.IRQ_INFO, index));
    }

    /** Asks with the struct alone, and once more with room for capabilities where it says that it has some. */
    private ByteBuffer ask(String act, int request, StructLayout layout, int index) {
        ByteBuffer answer = ask(act, request, layout.size(), index);
        long needed = InfoLayout.needed(answer);
        if (needed > LARGEST) {
            throw new VfioException(Errno.EIO, act + " of " + device.name() + ": the kernel wants " + needed + " bytes for it");
        }
        return needed > answer.capacity() ? ask(act, request, (int) needed, index) : answer;
    }

    private ByteBuffer ask(String act, int request, int size, int index) {
        NativeBytes struct = NativeBytes.allocate(size);
        struct.bytes().putInt(0, size);
        if (index >= 0) {
            struct.bytes().putInt(INDEX, index);
        }
        device.ioctl(act, request, struct);
        return struct.bytes();
    }

    @Override
    public int setIrqs(IrqRequest request) {
        return interrupts.set(request);
    }

    /** The kernel writes at the event, so it must be an eventfd. */
    @Override
    public void ioEvent(int region, long offset, int width, long value, EventSignal signal) {
        String act = "write a register at a signal";
        if (signal != null && !(signal instanceof EventFd)) {
            throw new VfioException(Errno.EINVAL, act + " of " + device.name() + ": the kernel needs an eventfd for that");
        }
        StructLayout layout = VfioAbi.IOEVENTFD;
        NativeBytes struct = layout.allocate();
        struct.bytes().putInt(layout.offset("argsz"), layout.size()).putInt(layout.offset("flags"), width)
                .putLong(layout.offset("offset"), regionInfo(region).offset() + offset)
                .putLong(layout.offset("data"), value).putInt(layout.offset("fd"), -1);
        if (signal instanceof EventFd event) {
            int number = event.fd().enter();
            try {
                struct.bytes().putInt(layout.offset("fd"), number);
                device.ioctl(act, VfioAbi.DEVICE_IOEVENTFD, struct);
            } finally {
                event.fd().leave();
            }
        } else {
            device.ioctl(act, VfioAbi.DEVICE_IOEVENTFD, struct);
        }
    }

    @Override
    public void reset() {
        device.ioctl("reset", VfioAbi.DEVICE_RESET, 0);
    }

    /** The kernel stops its bus mastering and gives its interrupts back. */
    @Override
    public void close() {
        device.close();
        interrupts.close();
        onClose.run();
    }
}
