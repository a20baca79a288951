// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.config;

import static vfio.pci.core.id.PciRegisters.CAP_ID_EXP;
import static vfio.pci.core.id.PciRegisters.CAP_ID_MSI;
import static vfio.pci.core.id.PciRegisters.CAP_ID_MSIX;
import static vfio.pci.core.id.PciRegisters.CAP_ID_PCIX;
import static vfio.pci.core.id.PciRegisters.COMMAND;
import static vfio.pci.core.id.PciRegisters.ERR_CAP;
import static vfio.pci.core.id.PciRegisters.ERR_COR_MASK;
import static vfio.pci.core.id.PciRegisters.ERR_UNCOR_MASK;
import static vfio.pci.core.id.PciRegisters.ERR_UNCOR_SEVER;
import static vfio.pci.core.id.PciRegisters.EXP_DEVCTL2;
import static vfio.pci.core.id.PciRegisters.EXP_DEVCTL;
import static vfio.pci.core.id.PciRegisters.EXP_FLAGS;
import static vfio.pci.core.id.PciRegisters.EXP_FLAGS_TYPE;
import static vfio.pci.core.id.PciRegisters.EXP_FLAGS_VERS;
import static vfio.pci.core.id.PciRegisters.EXP_LNKCTL2;
import static vfio.pci.core.id.PciRegisters.EXP_LNKCTL;
import static vfio.pci.core.id.PciRegisters.EXP_RTCTL;
import static vfio.pci.core.id.PciRegisters.EXP_SLTCTL2;
import static vfio.pci.core.id.PciRegisters.EXP_SLTCTL;
import static vfio.pci.core.id.PciRegisters.EXP_TYPE_RC_END;
import static vfio.pci.core.id.PciRegisters.EXT_CAP_ID_ERR;
import static vfio.pci.core.id.PciRegisters.EXT_CAP_ID_LTR;
import static vfio.pci.core.id.PciRegisters.LTR_MAX_SNOOP_LAT;
import static vfio.pci.core.id.PciRegisters.MSIX_FLAGS;
import static vfio.pci.core.id.PciRegisters.MSI_FLAGS;
import static vfio.pci.core.id.PciRegisters.STD_HEADER_SIZEOF;
import static vfio.pci.core.id.PciRegisters.X_CMD;

import java.util.Map;
import java.util.TreeMap;
import vfio.pci.core.bus.PciFunction.ConfigSpace;

/**
 * What is put back into a function's configuration space after it was reset: the header and the controls of capabilities
 * that forget (drivers/pci/pci.c, pci_save_state). Status bits, which a written one clears, are not among it.
 */
public final class ConfigState {
    private final ConfigSpace config;
    private final Map<Integer, Integer> dwords = new TreeMap<>();
    private final Map<Integer, Integer> words = new TreeMap<>();

    private ConfigState(ConfigSpace config) {
        this.config = config;
    }

    /** Reads the state of a function. */
    public static ConfigState of(ConfigSpace config) {
        ConfigState state = new ConfigState(config);
        for (int position = 0; position < STD_HEADER_SIZEOF; position += 4) {
            if (position != COMMAND) {
                state.dword(position);
            }
        }
        state.word(COMMAND);
        RawCapabilities capabilities = new RawCapabilities(config);
        capabilities.standard(CAP_ID_EXP).ifPresent(start -> state.express(start, config.read(start + EXP_FLAGS, 2)));
        capabilities.standard(CAP_ID_PCIX).ifPresent(start -> state.word(start + X_CMD));
        capabilities.standard(CAP_ID_MSI).ifPresent(start -> state.word(start + MSI_FLAGS));
        capabilities.standard(CAP_ID_MSIX).ifPresent(start -> state.word(start + MSIX_FLAGS));
        capabilities.extended(EXT_CAP_ID_LTR).ifPresent(start -> state.dword(start + LTR_MAX_SNOOP_LAT));
        capabilities.extended(EXT_CAP_ID_ERR).ifPresent(state::errorReporting);
        return state;
    }

    /** Saves device and link control, and what all have from version 2 on: slot and root control, and the second ones. */
    private void express(int start, int flags) {
        boolean whole = (flags & EXP_FLAGS_VERS) >= 2;
        boolean linked = (flags & EXP_FLAGS_TYPE) >>> 4 < EXP_TYPE_RC_END;
        word(start + EXP_DEVCTL);
        if (whole || linked) {
            word(start + EXP_LNKCTL);
        }
        if (whole) {
            for (int offset : new int[] {EXP_SLTCTL, EXP_RTCTL, EXP_DEVCTL2, EXP_LNKCTL2, EXP_SLTCTL2}) {
                word(start + offset);
            }
        }
    }

    /** Saves masks, severities and control. */
    private void errorReporting(int start) {
        for (int offset : new int[] {ERR_UNCOR_MASK, ERR_UNCOR_SEVER, ERR_COR_MASK, ERR_CAP}) {
            dword(start + offset);
        }
    }

    private void dword(int position) {
        dwords.put(position, config.read(position, 4));
    }

    private void word(int position) {
        if (position + 2 <= config.size()) {
            words.put(position, config.read(position, 2));
        }
    }

    /** Writes back what differs; COMMAND last, so that nothing decodes a wrong address. */
    public void restore() {
        dwords.forEach((position, value) -> {
            if (config.read(position, 4) != value) {
                config.write(position, 4, value);
            }
        });
        words.forEach((position, value) -> {
            if (position != COMMAND && config.read(position, 2) != value) {
                config.write(position, 2, value);
            }
        });
        config.write(COMMAND, 2, words.get(COMMAND));
    }
}
