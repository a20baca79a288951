// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated;

import static vfio.pci.core.id.PciRegisters.BASE_ADDRESS_0;
import static vfio.pci.core.id.PciRegisters.BRIDGE_CONTROL;
import static vfio.pci.core.id.PciRegisters.CACHE_LINE_SIZE;
import static vfio.pci.core.id.PciRegisters.CLASS_DEVICE;
import static vfio.pci.core.id.PciRegisters.CLASS_PROG;
import static vfio.pci.core.id.PciRegisters.CLASS_REVISION;
import static vfio.pci.core.id.PciRegisters.COMMAND;
import static vfio.pci.core.id.PciRegisters.COMMAND_INTX_DISABLE;
import static vfio.pci.core.id.PciRegisters.COMMAND_IO;
import static vfio.pci.core.id.PciRegisters.COMMAND_MASTER;
import static vfio.pci.core.id.PciRegisters.COMMAND_MEMORY;
import static vfio.pci.core.id.PciRegisters.COMMAND_PARITY;
import static vfio.pci.core.id.PciRegisters.COMMAND_SERR;
import static vfio.pci.core.id.PciRegisters.DEVICE_ID;
import static vfio.pci.core.id.PciRegisters.HEADER_TYPE;
import static vfio.pci.core.id.PciRegisters.HEADER_TYPE_BRIDGE;
import static vfio.pci.core.id.PciRegisters.INTERRUPT_LINE;
import static vfio.pci.core.id.PciRegisters.INTERRUPT_PIN;
import static vfio.pci.core.id.PciRegisters.PRIMARY_BUS;
import static vfio.pci.core.id.PciRegisters.ROM_ADDRESS1;
import static vfio.pci.core.id.PciRegisters.ROM_ADDRESS;
import static vfio.pci.core.id.PciRegisters.ROM_ADDRESS_ENABLE;
import static vfio.pci.core.id.PciRegisters.ROM_ADDRESS_MASK;
import static vfio.pci.core.id.PciRegisters.SECONDARY_BUS;
import static vfio.pci.core.id.PciRegisters.STATUS;
import static vfio.pci.core.id.PciRegisters.STD_HEADER_SIZEOF;
import static vfio.pci.core.id.PciRegisters.SUBORDINATE_BUS;
import static vfio.pci.core.id.PciRegisters.SUBSYSTEM_ID;
import static vfio.pci.core.id.PciRegisters.SUBSYSTEM_VENDOR_ID;
import static vfio.pci.core.id.PciRegisters.VENDOR_ID;

import java.util.List;
import vfio.hardware.emulated.capability.ExtendedCapability;
import vfio.hardware.emulated.config.RegisterBlock;
import vfio.pci.core.bus.PciFunction.Bar;
import vfio.pci.core.id.DeviceKey;

/** The first 64 bytes of config space (PCI 3.0 §6.1, PCI-to-PCI Bridge 1.2 §3.2, SR-IOV 1.1 §3.4). */
record ConfigHeader(DeviceKey key, int revision, List<Bar> bars, int romSize, int interruptPin) {
    private static final int STATUS_ERRORS = 0xf900;
    /** What every function has of COMMAND; one with a pin has interrupt disable, too. */
    private static final int COMMAND_BITS = COMMAND_MASTER | COMMAND_PARITY | COMMAND_SERR;

    /** Returns the header of an endpoint, type 0. */
    RegisterBlock endpoint() {
        RegisterBlock r = common(key.vendor(), key.device());
        ExtendedCapability.placeBars(r, BASE_ADDRESS_0, bars);
        if (romSize != 0) {
            r.rw(ROM_ADDRESS, 4, -romSize & ROM_ADDRESS_MASK | ROM_ADDRESS_ENABLE);
        }
        return r.u16(SUBSYSTEM_VENDOR_ID, key.subvendor()).u16(SUBSYSTEM_ID, key.subdevice());
    }

    /** Returns the header of a bridge, type 1. */
    RegisterBlock bridge(int secondary, int subordinate) {
        RegisterBlock r = common(key.vendor(), key.device()).u8(HEADER_TYPE, HEADER_TYPE_BRIDGE);
        r.rw(COMMAND, 2, COMMAND_BITS | COMMAND_INTX_DISABLE | COMMAND_IO | COMMAND_MEMORY);
        ExtendedCapability.placeBars(r, BASE_ADDRESS_0, bars);
        if (romSize != 0) {
            r.rw(ROM_ADDRESS1, 4, -romSize & ROM_ADDRESS_MASK | ROM_ADDRESS_ENABLE);
        }
        // The primary bus number depends on the place: the function fills it in.
        r.u8(SECONDARY_BUS, secondary).u8(SUBORDINATE_BUS, subordinate).rw(PRIMARY_BUS, 3, 0xffffff);
        r.u16(0x1c, 0x0101).rw(0x1c, 2, 0xf0f0).w1c(0x1e, 2, STATUS_ERRORS);
        r.rw(0x20, 4, 0xfff0fff0).u32(0x24, 0x00010001).rw(0x24, 4, 0xfff0fff0);
        return r.rw(0x28, 4, 0xffffffff).rw(0x2c, 4, 0xffffffff).rw(0x30, 4, 0xffffffff).rw(BRIDGE_CONTROL, 2, 0x007f);
    }

    /** Returns the header of a VF: ids read all ones, no BARs, memory and I/O enable hard-wired to 0, no pin. */
    RegisterBlock virtualFunction() {
        RegisterBlock r = common(0xffff, 0xffff).rw(COMMAND, 2, COMMAND_MASTER).rw(CACHE_LINE_SIZE, 1, 0)
                .rw(INTERRUPT_LINE, 1, 0).u8(INTERRUPT_PIN, 0);
        return r.u16(SUBSYSTEM_VENDOR_ID, key.subvendor()).u16(SUBSYSTEM_ID, key.subdevice());
    }

    /** Returns a header for its masks alone; the values are those of a dump. */
    RegisterBlock masks(int headerType) {
        return headerType == HEADER_TYPE_BRIDGE ? bridge(1, 1) : endpoint();
    }

    private RegisterBlock common(int vendor, int device) {
        RegisterBlock r = new RegisterBlock(STD_HEADER_SIZEOF).u16(VENDOR_ID, vendor).u16(DEVICE_ID, device);
        boolean io = bars.stream().anyMatch(Bar::io);
        boolean memory = romSize != 0 || bars.stream().anyMatch(bar -> !bar.io());
        r.rw(COMMAND, 2, COMMAND_BITS | (io ? COMMAND_IO : 0) | (memory ? COMMAND_MEMORY : 0)
                | (interruptPin == 0 ? 0 : COMMAND_INTX_DISABLE));
        r.w1c(STATUS, 2, STATUS_ERRORS).u8(CLASS_REVISION, revision);
        r.u8(CLASS_PROG, key.classCode()).u16(CLASS_DEVICE, key.classCode() >> 8);
        return r.rw(CACHE_LINE_SIZE, 1, 0xff).rw(INTERRUPT_LINE, 1, 0xff).u8(INTERRUPT_PIN, interruptPin);
    }
}
