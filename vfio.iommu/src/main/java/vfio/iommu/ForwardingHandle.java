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
    abstract DeviceHandle target(String act);

    abstract GroupMember member();

    @Override
    public AutoCloseable onGone(Runnable onGone) {
        return target("hear of the end of").onGone(onGone);
    }

    @Override
    public DeviceInfo info() {
        return target("get info").info();
    }

    @Override
    public RegionInfo regionInfo(int index) {
        return target("get region info").regionInfo(index);
    }

    @Override
    public Region region(int index) {
        return target("open region " + index).region(index);
    }

    @Override
    public IrqInfo irqInfo(int index) {
        return target("get interrupt info").irqInfo(index);
    }

    @Override
    public int setIrqs(IrqRequest request) {
        return target("set interrupts").setIrqs(request);
    }

    @Override
    public void ioEvent(int region, long offset, int width, long value, EventSignal signal) {
        target("set a signal that writes").ioEvent(region, offset, width, value, signal);
    }

    @Override
    public void reset() {
        target("reset").reset();
    }

    @Override
    public Migration migration() {
        return target("migrate").migration();
    }

    @Override
    public DirtyPages dirtyPages() {
        return target("log what is written").dirtyPages();
    }

    @Override
    public FeatureReply feature(FeatureRequest request) {
        return target("use a feature").feature(request);
    }
}
