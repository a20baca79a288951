// SPDX-License-Identifier: Apache-2.0
package vfio.core.internal.migration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.driver.DriverWorker;
import vfio.core.migration.Migration;
import vfio.core.migration.MigrationFlags;
import vfio.core.migration.MigrationState;
import vfio.core.migration.MigrationStream;
import vfio.core.migration.ReferenceMigration;

class HandleMigrationTest {
    private final DriverWorker worker = new DriverWorker("acme", fault -> { });
    private final ReferenceMigration driver = new ReferenceMigration(new MigrationFlags(true, true));
    private Optional<MigrationMachine> machine =
            Optional.of(new MigrationMachine("0000:01:00.2", driver, worker, Duration.ofMinutes(1)));
    private final Migration first = new HandleMigration("0000:01:00.2", true, () -> machine);
    private final Migration second = new HandleMigration("0000:01:00.2", true, () -> machine);

    @AfterEach
    void end() {
        worker.close();
    }

    private void everythingAnswers(Errno errno) {
        for (Executable act : List.<Executable>of(first::flags, first::state, first::stopCopyLength,
                () -> first.set(MigrationState.RUNNING))) {
            assertEquals(errno, assertThrows(VfioException.class, act).errno());
        }
    }

    @Test
    void usersShareTheState() {
        first.set(MigrationState.STOP);
        assertEquals(MigrationState.STOP, second.state());
        assertEquals(7, second.flags().bits());
        assertEquals(8, second.stopCopyLength());
    }

    @Test
    void deviceWithoutMigrationAnswersEnotty() {
        machine = Optional.empty();
        everythingAnswers(Errno.ENOTTY);
    }

    @Test
    void staleHandleAnswersEnodev() {
        Migration stale = new HandleMigration("0000:01:00.2", true, () -> {
            throw new VfioException(Errno.ENODEV, "the handle was closed");
        });
        assertEquals(Errno.ENODEV, assertThrows(VfioException.class, stale::flags).errno());
    }

    @Test
    void streamOutlivesTheViewItCameFrom() {
        MigrationStream stream = first.set(MigrationState.PRE_COPY).orElseThrow();
        second.set(MigrationState.STOP_COPY);
        assertEquals(true, stream.saving());
        second.set(MigrationState.RUNNING);
        assertEquals(Errno.ENODEV, assertThrows(VfioException.class, stream::precopyInfo).errno());
    }
}
