// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated;

import java.util.List;
import vfio.core.SharedMemory;
import vfio.hardware.emulated.capability.Capability;
import vfio.pci.core.bus.PciFunction.Bar;
import vfio.pci.core.id.PciAddress;

/**
 * The virtual functions that a physical function can have, as its SR-IOV capability says.
 *
 * @param total most VFs, 1 to 65535 (TotalVFs)
 * @param device the VFs' device id, 16 bits
 * @param offset routing id of the first VF less the PF's, 1 to 65535 (First VF Offset)
 * @param stride between routing ids, 1 to 65535 (VF Stride)
 * @param bars memory BARs that each VF has
 * @param capabilities of each VF, PCI Express among them
 * @param behaviour of each VF, without a ROM or VGA
 */
record Sriov(int total, int device, int offset, int stride, List<Bar> bars, List<Capability> capabilities,
        Behaviour behaviour) {

    Sriov {
        bars = List.copyOf(bars);
        capabilities = List.copyOf(capabilities);
        within("total", total, 1);
        within("device", device, 0);
        within("offset", offset, 1);
        within("stride", stride, 1);
        BarRules.check(bars, 6);
        if (behaviour.rom() != null || behaviour.vga()) {
            throw new IllegalArgumentException("VFs with a ROM or VGA addresses; they have neither");
        }
        for (Bar bar : bars) {
            if (bar.io() || bar.size() < SharedMemory.PAGE) {
                throw new IllegalArgumentException("BAR " + bar.index()
                        + " of the VFs must be memory of at least " + SharedMemory.PAGE + " bytes");
            }
        }
    }

    private static void within(String what, int value, int least) {
        if (value < least || value > 0xffff) {
            throw new IllegalArgumentException("SR-IOV " + what + " " + value + " is out of " + least + " to 65535");
        }
    }

    /** Returns the routing id of VF {@code index} (from 0); past 65535 where the numbers lead out of the domain. */
    long routingId(PciAddress pf, int index) {
        return pf.routingId() + offset + (long) stride * index;
    }
}
