// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.config;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import vfio.pci.core.fake.HardwareImage;

class ConfigStateTest {
    private static final int BEHIND = 0x40;

    /**
     * Type and version, then which of link, slot and second device control are put back: PCI Express of version 1 is short.
     */
    @ParameterizedTest
    @CsvSource({"0x01,true,false,false", "0x11,true,false,false", "0x91,false,false,false", "0x02,true,true,true",
        "0x92,true,true,true"})
    void onlyControlsThatTheCapabilityHasArePutBack(String flags, boolean link, boolean slot, boolean second) {
        HardwareImage config = new HardwareImage(256);
        int start = config.standard(0x10, HardwareImage.body(BEHIND, 0, Integer.decode(flags)));
        config.rw(start + 8, BEHIND - 8, -1);
        ConfigState before = ConfigState.of(config);
        for (int offset = 8; offset < BEHIND; offset += 2) {
            config.write(start + offset, 2, 0x5555);
        }
        before.restore();
        assertEquals(0, config.get(start + 0x08, 2));
        assertEquals(link ? 0 : 0x5555, config.get(start + 0x10, 2));
        assertEquals(slot ? 0 : 0x5555, config.get(start + 0x18, 2));
        assertEquals(slot ? 0 : 0x5555, config.get(start + 0x1c, 2));
        assertEquals(second ? 0 : 0x5555, config.get(start + 0x28, 2));
        assertEquals(0x5555, config.get(start + 0x3a, 2));
    }
}
