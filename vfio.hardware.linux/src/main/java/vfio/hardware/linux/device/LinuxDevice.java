// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.device;

import java.lang.System.Logger.Level;
import java.lang.System.Logger;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import vfio.core.Errno;
import vfio.core.EventSignal;
import vfio.core.IrqRequest;
import vfio.core.VfioException;
import vfio.core.device.RegionOperations;
import vfio.core.dma.DmaSpace;
import vfio.core.feature.FeatureReply;
import vfio.core.feature.FeatureRequest;
import vfio.core.info.DeviceInfo;
import vfio.core.info.IrqInfo;
import vfio.core.info.RegionInfo;
import vfio.os.EventFd;
import vfio.os.Fd;
import vfio.os.Kernel;
import vfio.os.call.NativeBytes;
import vfio.os.call.StructLayout;
import vfio.pci.core.bus.HostDevice;
import vfio.pci.core.id.HotResetInfo;
import vfio.pci.core.id.IrqIndex;

/**
 * A function that is open by the kernel's VFIO: every call is one of the device's file. Open and close make no access of
 * their own to configuration space.
 */
public final class LinuxDevice implements HostDevice {
    private static final Logger LOG = System.getLogger(LinuxDevice.class.getName());

    private final Fd device;
    /** The interrupts that are reported, by index. */
    private final Map<Integer, ReportedEvent> reported = new ConcurrentHashMap<>();
    private final HostInterrupts interrupts;
    private final HostFeatures features;
    private final Attachment attachment;
    /** The regions by index: their mappings keep the file open in the kernel. */
    private final Map<Integer, HostRegion> regions = new ConcurrentHashMap<>();

    LinuxDevice(Kernel kernel, Fd device, Attachment attachment) {
        this.device = device;
        this.attachment = attachment;
        interrupts = new HostInterrupts(kernel, device);
        features = new HostFeatures(kernel, device);
    }

    @Override
    public DeviceInfo info() {
        return DeviceInfo.decode(InfoCall.ask(device, "get info", VfioAbi.DEVICE_GET_INFO, VfioAbi.DEVICE_INFO));
    }

    @Override
    public RegionOperations region(int index) {
        return regions.computeIfAbsent(index, any -> new HostRegion(device, regionInfo(index)));
    }

    /**
     * Asks the kernel about a region.
     *
     * @throws vfio.core.VfioException EINVAL where there is no such region
     */
    public RegionInfo regionInfo(int index) {
        return RegionInfo.decode(InfoCall.ask(device, "get info of region " + index, VfioAbi.DEVICE_GET_REGION_INFO,
                VfioAbi.REGION_INFO, index));
    }

    @Override
    public IrqInfo irqInfo(int index) {
        return IrqInfo.decode(InfoCall.ask(device, "get info of interrupts " + index, VfioAbi.DEVICE_GET_IRQ_INFO,
                VfioAbi.IRQ_INFO, index));
    }

    @Override
    public int setIrqs(IrqRequest request) {
        ReportedEvent event = reported.get(request.index());
        return event != null && event.takes(request) ? event.set(request) : interrupts.set(request);
    }

    @Override
    public void listener(Listener listener) {
        report(IrqIndex.ERR, listener::errorDetected);
        report(IrqIndex.REQ, listener::requested);
    }

    private void report(int index, Runnable told) {
        ReportedEvent event = new ReportedEvent(told);
        try {
            interrupts.set(IrqRequest.trigger(index, 0, EventSignal.calling(event::came)));
            reported.put(index, event);
        } catch (VfioException e) { // as errors of what is no PCI Express
            LOG.log(Level.DEBUG, () -> device.name() + " does not report interrupts " + index + ": " + e.getMessage());
        }
    }

    /** Has the kernel write a register at a signal, which must be an eventfd. */
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
    public FeatureReply feature(FeatureRequest request) {
        return features.answer(request);
    }

    @Override
    public void reset() {
        device.ioctl("reset", VfioAbi.DEVICE_RESET, 0);
    }

    @Override
    public HotResetInfo hotResetInfo() {
        return KernelHotReset.info(device);
    }

    @Override
    public void hotReset(Collection<? extends HostDevice> owned) {
        boolean byGroups = attachment.group().isPresent(); // else the iommufd is the proof
        KernelHotReset.reset(device, byGroups ? owned.stream().map(LinuxDevice::group).distinct().toList() : List.of());
    }

    /** Returns the group of a device; only one of this kernel that was opened by its group proves ownership. */
    private static Fd group(HostDevice owned) {
        return Optional.of(owned).filter(LinuxDevice.class::isInstance).map(LinuxDevice.class::cast)
                .flatMap(one -> one.attachment.group()).orElseThrow(() -> new VfioException(Errno.EINVAL,
                        "hot reset: a device is given that was not opened by a group, and so proves none"));
    }

    @Override
    public DmaSpace dma() {
        return attachment.dma();
    }

    /** Closes the file, at which the kernel stops bus mastering and interrupts; only then memory is unmapped and freed. */
    @Override
    public synchronized void close() {
        if (!device.isOpen()) {
            return;
        }
        regions.values().forEach(HostRegion::release);
        device.close();
        features.close();
        interrupts.close();
        attachment.closed();
    }
}
