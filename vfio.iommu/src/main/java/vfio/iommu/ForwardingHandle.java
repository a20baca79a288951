// SPDX-License-Identifier: Apache-2.0
package vfio.iommu;

import vfio.core.EventSignal;
import vfio.core.IrqRequest;
import vfio.core.device.DeviceHandle;
import vfio.core.device.Region;
import vfio.core.dirty.DirtyPages;
import vfio.core.feature.FeatureReply;
import vfio.core.feature.FeatureRequest;
import vfio.core.info.DeviceInfo;
import vfio.core.info.IrqInfo;
import vfio.core.info.RegionInfo;
import vfio.core.migration.Migration;

/** A handle of a device whose calls go to another, as long as there is one. */
abstract class ForwardingHandle implements DeviceHandle {

    /** @throws vfio.core.VfioException where no call is possible now */
    abstract DeviceHandle live(String act);

    abstract GroupMember member();

    @Override
    public AutoCloseable onGone(Runnable onGone) {
        return live("hear of the end of").onGone(onGone);
    }

    @Override
    public boolean waits() {
        return live("look at").waits();
    }

    @Override
    public boolean held(Runnable resumed) {
        return live("look at").held(resumed);
    }

    @Override
    public DeviceInfo info() {
        return live("get info").info();
    }

    @Override
    public RegionInfo regionInfo(int index) {
        return live("get region info").regionInfo(index);
    }

    @Override
    public Region region(int index) {
        return live("open region " + index).region(index);
    }

    @Override
    public IrqInfo irqInfo(int index) {
        return live("get interrupt info").irqInfo(index);
    }

    @Override
    public int setIrqs(IrqRequest request) {
        return live("set interrupts").setIrqs(request);
    }

    @Override
    public void ioEvent(int region, long offset, int width, long value, EventSignal signal) {
        live("set a signal that writes").ioEvent(region, offset, width, value, signal);
    }

    @Override
    public void reset() {
        live("reset").reset();
    }

    @Override
    public Migration migration() {
        return live("migrate").migration();
    }

    @Override
    public DirtyPages dirtyPages() {
        return live("log what is written").dirtyPages();
    }

    @Override
    public FeatureReply feature(FeatureRequest request) {
        return live("use a feature").feature(request);
    }
}
