// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.config;

import java.util.Map;
import java.util.TreeMap;
import vfio.pci.core.bus.PciFunction.ConfigSpace;

/**
 * What is put back into a function's configuration space after it was reset: the header and the controls of capabilities
 * that forget (drivers/pci/pci.c, pci_save_state). Status bits, which a written one clears, are not among it.
 */
public final class ConfigState {
    private static final int COMMAND = 0x04;
    private static final int HEADER = 0x40;
    private static final int EXPRESS = 0x10;
    /** The types from here on have no link. */
    private static final int ROOT_COMPLEX_INTEGRATED = 9;
    private static final int PCI_X = 0x07;
    private static final int MSI = 0x05;
    private static final int MSIX = 0x11;
    private static final int LTR = 0x18;
    private static final int AER = 0x01;

    private final ConfigSpace config;
    private final Map<Integer, Integer> dwords = new TreeMap<>();
    private final Map<Integer, Integer> words = new TreeMap<>();

    private ConfigState(ConfigSpace config) {
        this.config = config;
    }

    /** Reads it. */
    public static ConfigState of(ConfigSpace config) {
        ConfigState state = new ConfigState(config);
        for (int position = 0; position < HEADER; position += 4) {
            if (position != COMMAND) {
                state.dword(position);
            }
        }
        state.word(COMMAND);
        RawCapabilities capabilities = new RawCapabilities(config);
        capabilities.standard(EXPRESS).ifPresent(start -> state.express(start, config.read(start + 2, 2)));
        capabilities.standard(PCI_X).ifPresent(start -> state.word(start + 2));
        capabilities.standard(MSI).ifPresent(start -> state.word(start + 2));
        capabilities.standard(MSIX).ifPresent(start -> state.word(start + 2));
        capabilities.extended(LTR).ifPresent(start -> state.dword(start + 4));
        capabilities.extended(AER).ifPresent(state::errorReporting);
        return state;
    }

    /** Device and link control, and what all have from version 2 on: slot and root control, and the second ones. */
    private void express(int start, int flags) {
        boolean whole = (flags & 0xf) >= 2;
        boolean linked = (flags >>> 4 & 0xf) < ROOT_COMPLEX_INTEGRATED;
        word(start + 0x08);
        if (whole || linked) {
            word(start + 0x10);
        }
        if (whole) {
            for (int offset : new int[] {0x18, 0x1c, 0x28, 0x30, 0x38}) {
                word(start + offset);
            }
        }
    }

    /** Masks, severities and control. */
    private void errorReporting(int start) {
        for (int offset : new int[] {0x08, 0x0c, 0x14, 0x18}) {
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
