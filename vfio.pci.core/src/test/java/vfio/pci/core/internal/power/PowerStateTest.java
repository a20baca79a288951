// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.power;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static vfio.pci.core.id.PciRegisters.D0;
import static vfio.pci.core.id.PciRegisters.D3_HOT;

import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.pci.core.fake.HardwareImage;

class PowerStateTest {
    private final HardwareImage config = new HardwareImage(256);
    private final int control = config.standard(0x01, HardwareImage.body(6, 0, 0x0603)) + 4;
    private final AtomicBoolean held = new AtomicBoolean(true);
    private final PowerState power = new PowerState(config.rw(control, 2, 3), held::get);

    private static Errno errno(Runnable act) {
        return assertThrows(VfioException.class, act::run).errno();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    @Tag("A3.7-23")
    void functionThatIsNeededAwakeIsNotPoweredDown(int state) {
        assertEquals(Errno.EBUSY, errno(() -> power.enter(state)));
        assertEquals(0, config.get(control, 2) & 3);
        assertFalse(power.rest());
        assertEquals(0, power.state());
        held.set(false);
        power.enter(state);
        assertEquals(state, config.get(control, 2) & 3);
        held.set(true);
        power.enter(D0);
        assertEquals(0, power.state());
    }

    @Test
    void lowPowerGoesDeeperOrToD0() {
        held.set(false);
        power.enter(2);
        assertEquals(Errno.EINVAL, errno(() -> power.enter(1)));
        assertEquals(2, power.state());
        power.enter(D3_HOT);
        assertEquals(Errno.EINVAL, errno(() -> power.enter(2)));
        power.enter(D0);
        assertEquals(0, config.get(control, 2) & 3);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void stateThatIsNotThereIsNotEntered(int state) {
        held.set(false);
        config.u16(control - 2, 1 << 11 - state);
        assertEquals(Errno.EIO, errno(() -> power.enter(state)));
        assertEquals(0, config.get(control, 2) & 3);
        assertEquals(0, power.state());
    }

    @Test
    void wayToD0ClearsTheWholeRegister() {
        held.set(false);
        config.rw(control, 2, 0x1e03);
        power.enter(D3_HOT);
        config.u16(control, 0x1403);
        power.enter(D0);
        assertEquals(0, config.get(control, 2));
    }

    @Test
    void functionThatDoesNotFollowIsWhereItStays() {
        HardwareImage stuck = new HardwareImage(256);
        stuck.standard(0x01, HardwareImage.body(6, 0, 3));
        PowerState of = new PowerState(stuck, () -> false);
        assertEquals(Errno.EIO, errno(() -> of.enter(D3_HOT)));
        assertEquals(0, of.state());
    }

    @Test
    void functionWithoutPowerManagementHasNothingToPowerDown() {
        PowerState none = new PowerState(new HardwareImage(256), () -> false);
        none.enter(D3_HOT);
        assertEquals(0, none.state());
    }
}
