// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.function;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import vfio.core.Errno;
import vfio.core.EventSignal;
import vfio.core.IrqRequest;
import vfio.core.VfioException;
import vfio.core.device.RegionOperations;
import vfio.core.device.VfioDevice;
import vfio.core.dma.DmaSpace;
import vfio.core.feature.Features;
import vfio.core.info.DeviceInfo;
import vfio.core.info.InfoCapability;
import vfio.core.info.IrqInfo;
import vfio.pci.core.bus.HostDevice;
import vfio.pci.core.bus.HostFunction;
import vfio.pci.core.bus.PciFunction;
import vfio.pci.core.id.IrqIndex;
import vfio.pci.core.id.RegionIndex;
import vfio.pci.core.internal.backend.FunctionBackend;

/**
 * The backend of a bound function whose other side virtualizes it: every call is forwarded, and what a driver claims
 * lies over that. Without a claim no code of this class is between a user and the other side's region.
 */
public final class HostBackend implements FunctionBackend {
    private final PciFunction function;
    private final HostFunction host;
    private final HostDevice.Listener listener;
    private volatile Opened open;
    private volatile ConfigOverlay overlay;

    /** The other side's device, and the VF token with which it was opened. */
    private record Opened(HostDevice device, Optional<UUID> token) {
    }

    /**
     * Makes the backend of a function.
     *
     * @param listener told of what the other side reports while the function is open
     */
    public HostBackend(PciFunction function, HostFunction host, HostDevice.Listener listener) {
        this.function = function;
        this.host = host;
        this.listener = listener;
    }

    @Override
    public void register(VfioDevice device, BooleanSupplier ownReset) {
        // the other side has the function: there is nothing to prepare
    }

    @Override
    public void unregister() {
    }

    @Override
    public synchronized void open(Optional<UUID> vfToken) {
        HostDevice opening = host.open(vfToken);
        opening.listener(listener);
        open = new Opened(opening, vfToken);
    }

    @Override
    public void close() {
        Opened closing = open;
        open = null;
        overlay = null;
        if (closing != null) {
            closing.device.close();
        }
    }

    @Override
    public void admit(Optional<UUID> vfToken) {
        Opened now = open;
        if (now != null && !now.token.equals(vfToken)) {
            throw new VfioException(Errno.EACCES, "open " + function.address()
                    + ": it is open by another VF token, or by none; append the same vf_token=UUID to the name");
        }
    }

    /** Tells whether the function is open, so that {@link #live} answers. */
    public boolean isOpen() {
        return open != null;
    }

    /**
     * Returns the other side's device.
     *
     * @param act what is tried, as the beginning of the refusal: "reset", "get info of"
     * @throws VfioException ENODEV where the function is not open
     */
    public HostDevice live(String act) {
        Opened now = open;
        if (now == null) {
            throw new VfioException(Errno.ENODEV, act + " " + function.address() + ": it is not open");
        }
        return now.device;
    }

    @Override
    public DeviceInfo info(List<InfoCapability> capabilities) {
        DeviceInfo info = live("get info of").info();
        List<InfoCapability> all = new ArrayList<>(info.capabilities());
        all.addAll(capabilities);
        return new DeviceInfo(info.flags(), info.regions(), info.irqs(), all);
    }

    @Override
    public RegionOperations region(int index) {
        HostDevice device = live("open region " + index + " of");
        ConfigOverlay claimed = overlay;
        return index == RegionIndex.CONFIG && claimed != null ? claimed : device.region(index);
    }

    @Override
    public synchronized void claim(int position, byte... values) {
        ConfigOverlay claimed = overlay == null
                ? new ConfigOverlay(live("claim configuration space of").region(RegionIndex.CONFIG)) : overlay;
        claimed.claim(position, values);
        overlay = claimed;
    }

    @Override
    public boolean wake() {
        return false;
    }

    @Override
    public IrqInfo irqInfo(int index) {
        return live("get interrupt info of").irqInfo(index);
    }

    @Override
    public int setIrqs(IrqRequest request) {
        return live("set interrupts of").setIrqs(request);
    }

    @Override
    public void ioEvent(int region, long offset, int width, long value, EventSignal signal) {
        live("set a signal that writes of").ioEvent(region, offset, width, value, signal);
    }

    @Override
    public void reset() {
        live("reset").reset();
    }

    /** Returns the other side's features; the core adds none. */
    @Override
    public Features features() {
        return Features.forwarded(request -> live("use a feature of").feature(request));
    }

    @Override
    public DmaSpace dma() {
        return live("map memory for").dma();
    }

    @Override
    public void configureVirtualFunctions(int count) {
        function.enableVirtualFunctions(count); // the other side runs its power
    }

    /** Fires interrupt REQ, as if the other side had asked: a user who has set it up hears it. */
    @Override
    public void request(int count) {
        try {
            live("request").setIrqs(IrqRequest.fire(IrqIndex.REQ, 0, 1));
        } catch (VfioException e) {
            // no user has set REQ up, or the function is closed
        }
    }
}
