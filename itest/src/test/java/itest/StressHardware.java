// SPDX-License-Identifier: Apache-2.0
package itest;

import java.util.List;
import vfio.hardware.emulated.FunctionDescription;
import vfio.hardware.emulated.FunctionSpec;
import vfio.hardware.emulated.Hotplug;
import vfio.hardware.emulated.config.PortType;
import vfio.pci.core.bus.PciFunction.Bar;
import vfio.pci.core.id.DeviceKey;
import vfio.pci.core.id.PciAddress;

/** Functions that a stress treats badly, on a bus that is reset as a whole, and one on a bus of its own that is not. */
final class StressHardware {
    /** Functions that share a bus. */
    static final List<String> SHARED = List.of("0000:20:00.0", "0000:20:01.0", "0000:20:02.0");
    /** Nobody resets or unplugs it: each of its interrupts must come. */
    static final String CALM = "0000:21:00.0";
    static final int VECTORS = 5;

    private static final DeviceKey NIC = new DeviceKey(0x8086, 0x10d3, 0x8086, 0xa01f, 0x020000);
    private static final FunctionDescription MODEL = FunctionDescription.builder(NIC)
            .bar(new Bar(0, 128 << 10, false, false, false)).bar(new Bar(3, 16 << 10, false, false, false))
            .interruptPin(1).powerManagement()
            .msi(1, true, false)
            .msix(VECTORS, 3, 0, 0x2000).express(PortType.ENDPOINT).build();

    private final Hotplug hotplug;

    StressHardware(Hotplug hotplug) {
        this.hotplug = hotplug;
    }

    void plugAll() {
        bridge("0000:00:1d.0", 0x20);
        bridge("0000:00:1d.1", 0x21);
        SHARED.forEach(this::plug);
        plug(CALM);
    }

    private void bridge(String address, int bus) {
        DeviceKey key = new DeviceKey(0x8086, 0x2940, 0x8086, 0x2940, 0x060400);
        hotplug.plug(new FunctionSpec(PciAddress.parse(address), FunctionDescription.builder(key)
                .bridge(bus, bus).express(PortType.ROOT_PORT).build()));
    }

    void plug(String address) {
        hotplug.plug(new FunctionSpec(PciAddress.parse(address), MODEL));
    }

    void unplug(String address) {
        hotplug.unplug(PciAddress.parse(address));
    }

    void raise(String address, int vector) {
        hotplug.raise(PciAddress.parse(address), vector);
    }

    /** With the bridges, and what is behind them. */
    void unplugAll() {
        unplug("0000:00:1d.0");
        unplug("0000:00:1d.1");
    }
}
