// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import vfio.pci.core.fake.HardwareImage;

class IntxDisableTest {
    private static final int STATUS_INTERRUPT = 1 << 3;

    private final HardwareImage hardware = new HardwareImage(256);
    private final IntxDisable bit = new IntxDisable(hardware);

    private void pending(boolean now) {
        hardware.u8(6, now ? 0x10 | STATUS_INTERRUPT : 0x10);
    }

    @Test
    void pendingIsWhatStatusSaysWhateverIsMasked() {
        assertFalse(bit.pending());
        pending(true);
        assertTrue(bit.pending());
        bit.set(true);
        assertTrue(bit.pending());
        assertEquals(0x0403, hardware.get(4, 2), "the rest of COMMAND stays");
    }

    /** STATUS is beside it: bits that a one clears must not be written. */
    @Test
    void writesCommandAloneAndOnlyWhenItChanges() {
        hardware.u8(7, 0xf9);
        bit.set(true);
        bit.set(true);
        bit.set(false);
        assertEquals(List.of("4+2=403", "4+2=3"), hardware.writes);
        assertEquals(0xf9, hardware.get(7, 1));
    }

    /** The bits of COMMAND that the hardware has, and whether the one is among them. */
    @ParameterizedTest
    @CsvSource({"0x0547,true", "0x0147,false"})
    void isSupportedWhereItCanBeToggledAndIsAsBeforeAfterwards(String writable, boolean supported) {
        hardware.rw(4, 2, Integer.decode(writable));
        for (int command : new int[] {0x0003, 0x0403}) {
            hardware.u16(4, command);
            assertEquals(supported, bit.supported());
            assertEquals(command, hardware.get(4, 2));
        }
    }
}
