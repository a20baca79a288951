// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.internal.function;

import vfio.core.device.RegionOperations;
import vfio.hardware.emulated.model.DeviceModel;
import vfio.pci.core.bus.PciFunction.Bar;

/** A BAR whose registers a device model answers; without a model, asleep or unplugged it reads all ones. */
record ModelRegion(RawConfig config, ModelSlot slot, Bar bar) implements RegionOperations {

    @Override
    public long size() {
        return bar.size();
    }

    /** Ports have no 64-bit access. */
    @Override
    public int widest() {
        return bar.io() ? Integer.BYTES : Long.BYTES;
    }

    private DeviceModel awake() {
        return config.asleep() ? null : slot.current();
    }

    @Override
    public long read(long position, int width) {
        DeviceModel device = awake();
        return device == null ? -1 : device.read(bar.index(), position, width);
    }

    @Override
    public void write(long position, int width, long value) {
        DeviceModel device = awake();
        if (device != null) {
            device.write(bar.index(), position, width, value);
        }
    }
}
