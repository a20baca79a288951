// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.capability;

import static vfio.pci.core.id.PciRegisters.CAPABILITY_LIST;
import static vfio.pci.core.id.PciRegisters.CAP_LIST_NEXT;
import static vfio.pci.core.id.PciRegisters.CFG_SPACE_EXP_SIZE;
import static vfio.pci.core.id.PciRegisters.CFG_SPACE_SIZE;
import static vfio.pci.core.id.PciRegisters.STATUS;
import static vfio.pci.core.id.PciRegisters.STATUS_CAP_LIST;
import static vfio.pci.core.id.PciRegisters.STD_HEADER_SIZEOF;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import vfio.hardware.emulated.config.ConfigImage;
import vfio.hardware.emulated.config.RegisterBlock;

/** The layout of configuration space: a header, and behind it the two chains of capabilities. */
public final class ConfigLayout {
    private final RegisterBlock registers;
    private final Map<Integer, Integer> standard = new HashMap<>();
    private final Map<Integer, Integer> extended = new HashMap<>();

    private ConfigLayout(int size) {
        registers = new RegisterBlock(size);
    }

    /**
     * Lays the capabilities behind a 64-byte header, in their order.
     *
     * @throws IllegalArgumentException where there is no room for one; the sentence says for which
     */
    public static ConfigImage of(RegisterBlock header, List<Capability> capabilities) {
        boolean large = capabilities.stream().anyMatch(Capability::extendsConfig);
        ConfigLayout layout = new ConfigLayout(large ? CFG_SPACE_EXP_SIZE : CFG_SPACE_SIZE);
        layout.registers.place(0, header);
        layout.placeStandard(capabilities.stream().filter(c -> !c.extended()).toList());
        layout.placeExtended(capabilities.stream().filter(Capability::extended).toList());
        return new ConfigImage(layout.registers, layout.standard, layout.extended, false);
    }

    private void placeStandard(List<Capability> capabilities) {
        int at = STD_HEADER_SIZEOF;
        int link = CAPABILITY_LIST;
        for (Capability capability : capabilities) {
            at = place(capability, at, CFG_SPACE_SIZE);
            registers.u8(at, capability.id()).u8(link, at);
            standard.putIfAbsent(capability.id(), at);
            link = at + CAP_LIST_NEXT;
            at += capability.length();
        }
        if (!capabilities.isEmpty()) {
            registers.u8(STATUS, registers.value(STATUS) | STATUS_CAP_LIST);
        }
    }

    private void placeExtended(List<Capability> capabilities) {
        int at = CFG_SPACE_SIZE;
        int last = 0;
        for (Capability capability : capabilities) {
            at = place(capability, at, registers.size());
            registers.u32(at, capability.id() | capability.version() << 16);
            if (last != 0) {
                // The next pointer is the upper 12 bits of the header.
                registers.u8(last + 2, registers.value(last + 2) & 0xf | (at & 0xf) << 4).u8(last + 3, at >> 4);
            }
            extended.putIfAbsent(capability.id(), at);
            last = at;
            at += capability.length();
        }
    }

    private int place(Capability capability, int from, int end) {
        int at = from + 3 & ~3;
        if (at + capability.length() > end) {
            throw new IllegalArgumentException("no room for the " + capability + ": it would end at %xh of %xh%s".formatted(
                    at + capability.length(), end, capability.extended() && registers.size() == CFG_SPACE_SIZE
                            ? "; extended capabilities need a PCI Express capability" : ""));
        }
        registers.place(at, capability.registers());
        return at;
    }
}
