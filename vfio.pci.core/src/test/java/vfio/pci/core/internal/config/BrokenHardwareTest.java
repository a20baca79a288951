// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.pci.core.fake.HardwareImage;

/** A bus that fails in the middle of an access: the user hears EIO, and nothing is left locked or half changed. */
class BrokenHardwareTest {
    private final HardwareImage hardware = new HardwareImage(256);
    private final Enabled function = new Enabled();
    private final VirtualConfig config =
            new VirtualConfig(hardware, new FunctionFacts(1, 2, false, true, List.of(), 0), function);

    private void fails(Runnable access) {
        assertEquals(Errno.EIO, assertThrows(VfioException.class, access::run).errno());
    }

    @Test
    void commandThatCouldNotBeWrittenChangesNothing() {
        hardware.broken = at -> at == 4;
        fails(() -> config.write(4, 2, 0x0400));
        assertEquals("lock", function.taken().get(0));
        assertTrue(config.memoryEnabled(), "memory is decoded as before");
        fails(() -> config.write(4, 1, 0));
        List<String> acts = function.taken();
        assertEquals("unlock", acts.get(acts.size() - 1));
        hardware.broken = at -> false;
        config.write(4, 2, 0);
        assertFalse(config.memoryEnabled());
        assertEquals(List.of("lock", "zap", "unlock"), function.taken());
    }

    @Test
    void readOfAHardwareByteFailsAndOfAVirtualOneDoesNot() {
        hardware.broken = at -> true;
        fails(() -> config.read(8, 4));
        fails(() -> config.read(4, 2));
        assertEquals(0x101e15b3, config.read(0, 4));
        assertEquals(0x010b, config.read(0x3c, 2));
    }

    @Test
    void functionThatCannotBeReadIsNotMade() {
        hardware.broken = at -> at == 0x40;
        hardware.standard(0x11, new int[10]);
        fails(() -> new VirtualConfig(hardware, new FunctionFacts(1, 2, false, true, List.of(), 0), function));
        assertEquals(List.of(), function.taken());
    }
}
