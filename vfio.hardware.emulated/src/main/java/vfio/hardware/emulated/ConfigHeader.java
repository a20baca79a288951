// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated;

import java.util.List;
import vfio.hardware.emulated.capability.ExtendedCapability;
import vfio.hardware.emulated.config.RegisterBlock;
import vfio.pci.core.bus.PciFunction.Bar;
import vfio.pci.core.id.DeviceKey;

/** The first 64 bytes of config space (PCI 3.0 §6.1, PCI-to-PCI Bridge 1.2 §3.2, SR-IOV 1.1 §3.4). */
record ConfigHeader(DeviceKey key, int revision, List<Bar> bars, int romSize, int interruptPin) {
    private static final int SIZE = 0x40;
    private static final int BARS = 0x10;
    private static final int ROM_ADDRESS = 0xfffff800;
    private static final int STATUS_ERRORS = 0xf900;
    /** Bus master, parity response, SERR#, and where it has a pin interrupt disable. */
    private static final int COMMAND = 0x0144;
    private static final int INTERRUPT_DISABLE = 0x0400;

    /** Returns the header of an endpoint, type 0. */
    RegisterBlock endpoint() {
        RegisterBlock r = common(key.vendor(), key.device());
        ExtendedCapability.placeBars(r, BARS, bars);
        if (romSize != 0) {
            r.rw(0x30, 4, -romSize & ROM_ADDRESS | 1);
        }
        return r.u16(0x2c, key.subvendor()).u16(0x2e, key.subdevice());
    }

    /** Returns the header of a bridge, type 1. */
    RegisterBlock bridge(BusNumbers buses) {
        RegisterBlock r = common(key.vendor(), key.device()).u8(0x0e, 1);
        r.rw(0x04, 2, COMMAND | INTERRUPT_DISABLE | 0x3);
        ExtendedCapability.placeBars(r, BARS, bars);
        if (romSize != 0) {
            r.rw(0x38, 4, -romSize & ROM_ADDRESS | 1);
        }
        // The primary bus number depends on the place: the function fills it in.
        r.u8(0x19, buses.secondary()).u8(0x1a, buses.subordinate()).rw(0x18, 3, 0xffffff);
        r.u16(0x1c, 0x0101).rw(0x1c, 2, 0xf0f0).w1c(0x1e, 2, STATUS_ERRORS);
        r.rw(0x20, 4, 0xfff0fff0).u32(0x24, 0x00010001).rw(0x24, 4, 0xfff0fff0);
        return r.rw(0x28, 4, 0xffffffff).rw(0x2c, 4, 0xffffffff).rw(0x30, 4, 0xffffffff).rw(0x3e, 2, 0x007f);
    }

    /** Returns the header of a VF: ids read all ones, no BARs, memory and I/O enable hard-wired to 0, no pin. */
    RegisterBlock virtualFunction() {
        RegisterBlock r = common(0xffff, 0xffff).rw(0x04, 2, 0x0004).rw(0x0c, 1, 0).rw(0x3c, 1, 0).u8(0x3d, 0);
        return r.u16(0x2c, key.subvendor()).u16(0x2e, key.subdevice());
    }

    /** Returns a header for its masks alone; the values are those of a dump. */
    RegisterBlock masks(int headerType) {
        return headerType == 1 ? bridge(new BusNumbers(1, 1)) : endpoint();
    }

    private RegisterBlock common(int vendor, int device) {
        RegisterBlock r = new RegisterBlock(SIZE).u16(0x00, vendor).u16(0x02, device);
        boolean io = bars.stream().anyMatch(Bar::io);
        boolean memory = romSize != 0 || bars.stream().anyMatch(bar -> !bar.io());
        r.rw(0x04, 2, COMMAND | (io ? 0x1 : 0) | (memory ? 0x2 : 0) | (interruptPin == 0 ? 0 : INTERRUPT_DISABLE));
        r.w1c(0x06, 2, STATUS_ERRORS).u8(0x08, revision);
        r.u8(0x09, key.classCode()).u8(0x0a, key.classCode() >> 8).u8(0x0b, key.classCode() >> 16);
        return r.rw(0x0c, 1, 0xff).rw(0x3c, 1, 0xff).u8(0x3d, interruptPin);
    }
}
