// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.device.DeviceHandle;
import vfio.core.device.VfioUser;
import vfio.core.migration.MigrationData;
import vfio.core.migration.MigrationFlags;
import vfio.core.migration.MigrationOperations;
import vfio.core.migration.MigrationState;
import vfio.pci.core.VfioPciDevice;
import vfio.pci.core.VfioPciOperations;
import vfio.pci.core.fake.FakeDriver;

/** What a driver claims is checked when a function is bound to it; what it says later hurts none but itself. */
class RegistrationTest {
    private static final String NAME = "0000:01:00.0";

    private final TestCore core = new TestCore();
    private final FakeDriver driver = FakeDriver.flagged("acme", "1:2");
    private final AtomicInteger removed = new AtomicInteger();
    private final AtomicInteger closed = new AtomicInteger();
    private volatile Supplier<MigrationOperations> migration = () -> null;

    /** Migrates as the test says now. */
    private final class Claiming extends VfioPciOperations {
        private Claiming(VfioPciDevice device) {
            super(device);
        }

        @Override
        public MigrationOperations migration() {
            return migration.get();
        }

        @Override
        public void closeDevice() {
            closed.incrementAndGet();
            super.closeDevice();
        }

        @Override
        public void remove() {
            removed.incrementAndGet();
        }
    }

    private record Migrating(Supplier<MigrationFlags> answer) implements MigrationOperations {
        @Override
        public MigrationFlags flags() {
            return answer.get();
        }

        @Override
        public MigrationData arc(MigrationState from, MigrationState to) {
            throw new VfioException(Errno.EOPNOTSUPP, "it stays where it is");
        }

        @Override
        public long stopCopyLength() {
            return 0;
        }
    }

    @BeforeEach
    void arrive() {
        core.plug(NAME, 1, 2);
        driver.onProbe = Claiming::new;
        core.arrives(driver);
    }

    @AfterEach
    void end() {
        core.close();
    }

    private VfioException refusal() {
        return assertThrows(VfioException.class, () -> core.admin.bind(NAME, "acme", false));
    }

    private DeviceHandle open() {
        return core.programs.open(NAME, VfioUser.named("user"));
    }

    @Test
    void wrongFlagsRefuseTheBindAndLeaveNothingBehind() {
        migration = () -> new Migrating(() -> MigrationFlags.of(6));
        VfioException refusal = refusal();
        assertEquals(Errno.EINVAL, refusal.errno());
        assertTrue(refusal.sentence().contains("driver acme") && refusal.sentence().contains("flags 6"), refusal.sentence());
        assertNull(core.row(NAME).driver());
        assertEquals(1, removed.get());
        assertEquals(0, driver.held.get());
        assertTrue(core.events("bind-failed").get(0).text().contains("flags 6"));
        migration = () -> new Migrating(() -> MigrationFlags.of(7));
        core.admin.bind(NAME, "acme", false);
        assertEquals(new MigrationFlags(true, true), open().migration().flags());
    }

    @Test
    void driverThatThrowsWhenItsClaimsAreCheckedIsNotBound() {
        migration = () -> {
            throw new IllegalStateException("not open yet");
        };
        assertEquals(Errno.EIO, refusal().errno());
        assertEquals(1, removed.get());
        assertEquals(0, driver.held.get());
    }

    @Test
    void driverThatClaimsOtherwiseLaterLosesItsOpenAlone() {
        migration = () -> new Migrating(() -> MigrationFlags.of(1));
        core.admin.bind(NAME, "acme", false);
        migration = () -> new Migrating(() -> null);
        assertEquals(Errno.EINVAL, TestCore.errno(this::open));
        migration = () -> new Migrating(() -> MigrationFlags.of(2));
        assertEquals(Errno.EINVAL, TestCore.errno(this::open));
        migration = () -> {
            throw new NoClassDefFoundError("acme/Gone");
        };
        assertEquals(Errno.EIO, TestCore.errno(this::open));
        assertEquals(3, closed.get());
        migration = () -> null;
        DeviceHandle handle = open();
        assertEquals(Errno.ENOTTY, TestCore.errno(() -> handle.migration().state()));
        handle.close();
        core.admin.unbind(NAME);
        assertEquals(1, removed.get());
        assertEquals("ready", core.admin.drivers().get(0).state());
    }
}
