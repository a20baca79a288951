// SPDX-License-Identifier: Apache-2.0
package vfio.core.device;

import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import vfio.core.Errno;
import vfio.core.EventSignal;
import vfio.core.IrqRequest;
import vfio.core.Thrown;
import vfio.core.VfioException;
import vfio.core.dirty.DirtyPages;
import vfio.core.feature.FeatureReply;
import vfio.core.feature.FeatureRequest;
import vfio.core.info.DeviceInfo;
import vfio.core.info.IrqInfo;
import vfio.core.info.RegionInfo;
import vfio.core.internal.dirty.HandleDirtyPages;
import vfio.core.internal.migration.HandleMigration;
import vfio.core.migration.Migration;
import vfio.core.thread.DaemonThread;

/**
 * The handle of one open of a {@link VfioDevice}; stale from its close or the device's revoke on, for ever. A stale handle
 * refers to no device, and so to no driver's operations: a user who keeps the handle keeps no driver's classes alive.
 */
final class OpenHandle implements DeviceHandle, RegionOwner {
    private final String deviceName;
    private final VfioUser user;
    private final String userName;
    private final boolean waits;
    private final Map<Mapping, DeviceRegion> mappings = new ConcurrentHashMap<>();
    private final Set<Runnable> listeners = ConcurrentHashMap.newKeySet();
    /** True from the moment on after which nothing more is mapped. */
    private volatile boolean ending;
    /** Null once the handle is stale: all mappings have ended by then. */
    private volatile VfioDevice device;

    OpenHandle(VfioDevice device, VfioUser user) {
        this.device = device;
        deviceName = device.name();
        this.user = user;
        userName = Objects.requireNonNull(user.name()); // asked once: no list waits for a user's code
        waits = user.waits();
    }

    @Override
    public String deviceName() {
        return deviceName;
    }

    VfioUser user() {
        return user;
    }

    String userName() {
        return userName;
    }

    @Override
    public boolean isOpen() {
        return device != null;
    }

    @Override
    public boolean waits() {
        return waits;
    }

    @Override
    public boolean held(Runnable resumed) {
        return liveDevice("look at").held(resumed);
    }

    @Override
    public DeviceInfo info() {
        return live("get info").info(waits);
    }

    @Override
    public RegionInfo regionInfo(int index) {
        return live("get region info").regions().region(index).info();
    }

    @Override
    public Region region(int index) {
        return new Region(this, live("open region " + index).regions().region(index));
    }

    @Override
    public IrqInfo irqInfo(int index) {
        return live("get interrupt info").irqInfo(waits, index);
    }

    @Override
    public int setIrqs(IrqRequest request) {
        return live("set interrupts").setIrqs(waits, request);
    }

    @Override
    public void ioEvent(int region, long offset, int width, long value, EventSignal signal) {
        live("set a signal that writes").ioEvent(waits, region, offset, width, value, signal);
    }

    @Override
    public void reset() {
        liveDevice("reset").reset(waits);
    }

    @Override
    public Migration migration() {
        return new HandleMigration(deviceName, waits, () -> live("migrate").migration());
    }

    @Override
    public DirtyPages dirtyPages() {
        return new HandleDirtyPages(deviceName, waits, () -> live("log what is written").dirtyPages());
    }

    @Override
    public FeatureReply feature(FeatureRequest request) {
        return live("a feature").feature(waits, request);
    }

    @Override
    public Mapping track(DeviceRegion region, long offset, long size) {
        forgetEnded();
        Mapping mapping = region.map(offset, size);
        mappings.put(mapping, region);
        if (ending) { // the thread in makeStale may have missed this mapping
            end(mapping, region);
            throw stale("map");
        }
        return mapping;
    }

    /** Forgets the mappings that the user has closed, so that their memory can be freed. */
    private void forgetEnded() {
        mappings.forEach((mapping, region) -> {
            if (mapping.revoked()) {
                end(mapping, region);
            }
        });
    }

    private void end(Mapping mapping, DeviceRegion region) {
        mapping.revoke();
        region.forget(mapping);
        mappings.remove(mapping);
    }

    @Override
    public void ensureOpen(String act) {
        liveDevice(act);
    }

    private OpenDevice live(String act) {
        return liveDevice(act).live(act);
    }

    private VfioDevice liveDevice(String act) {
        VfioDevice now = device;
        if (now == null) {
            throw stale(act);
        }
        return now;
    }

    private VfioException stale(String act) {
        return new VfioException(Errno.ENODEV,
                act + " of " + deviceName + ": the handle was closed or revoked; open the device again");
    }

    @Override
    public void close() {
        VfioDevice open = device;
        if (open != null) {
            open.close(this);
        }
    }

    /** Asks the user to let go, on a thread of its own: a user who hangs or throws keeps nobody else from being asked. */
    void request() {
        DaemonThread.start("vfio-request " + deviceName, () -> {
            try {
                user.requested(this);
            } catch (Throwable e) { // a user's code may throw anything
                System.getLogger(VfioDevice.class.getName()).log(System.Logger.Level.WARNING,
                        "request " + deviceName + " from " + userName + ": " + Thrown.text(e));
            }
        });
    }

    @Override
    public AutoCloseable onGone(Runnable onGone) {
        Runnable own = onGone::run; // a user may give the same listener twice
        listeners.add(own);
        if (device == null) {
            tellGone();
        }
        return () -> listeners.remove(own);
    }

    /** Ends the handle: the mappings first, so that a thread that sees the stale handle reads all ones. */
    void makeStale() {
        ending = true;
        mappings.forEach(this::end);
        device = null;
    }

    /** Calls the listeners of the handle's end, each once. */
    void tellGone() {
        for (Runnable listener : listeners) {
            if (listeners.remove(listener)) {
                try {
                    listener.run();
                } catch (Throwable e) { // a user's code may throw anything
                    System.getLogger(VfioDevice.class.getName()).log(System.Logger.Level.WARNING,
                            "who waited for the end of " + deviceName + " threw " + Thrown.text(e));
                }
            }
        }
    }
}
