// SPDX-License-Identifier: Apache-2.0
package vfio.core.internal.migration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterProperty;
import org.junit.jupiter.api.function.Executable;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.driver.DriverWorker;
import vfio.core.migration.MigrationArcsTest;
import vfio.core.migration.MigrationFlags;
import vfio.core.migration.MigrationState;
import vfio.core.migration.MigrationStream;
import vfio.core.migration.ReferenceMigration;

/** Random acts of a user, a driver that fails now and then, and resets, against a model of states and streams. */
class MigrationWalkTest {
    private static final Set<MigrationState> SAVING =
            Set.of(MigrationState.STOP_COPY, MigrationState.PRE_COPY, MigrationState.PRE_COPY_P2P);
    private static final Set<MigrationState> PRECOPY = Set.of(MigrationState.PRE_COPY, MigrationState.PRE_COPY_P2P);

    private final DriverWorker worker = new DriverWorker("acme", fault -> { });

    @AfterProperty
    void end() {
        worker.close();
    }

    /** To a state, or by null a reset; the arc that fails, 9 for none; whether that breaks the device. */
    record Act(MigrationState to, int failIn, boolean breaks) {
    }

    @Provide
    Arbitrary<List<Act>> acts() {
        Arbitrary<MigrationState> states = Arbitraries.of(MigrationState.class).injectNull(0.05);
        Arbitrary<Integer> failures = Arbitraries.of(9, 9, 9, 9, 9, 0, 1, 2);
        return states.flatMap(to -> failures.map(failIn -> new Act(to, failIn, (failIn & 1) != 0 && failIn < 9)))
                .list().ofMinSize(1).ofMaxSize(40);
    }

    @Property(tries = 300)
    void machineIsWhereTheModelIs(@ForAll boolean p2p, @ForAll boolean preCopy, @ForAll("acts") List<Act> acts) {
        MigrationFlags flags = new MigrationFlags(p2p, preCopy);
        ReferenceMigration driver = new ReferenceMigration(flags);
        MigrationMachine machine = new MigrationMachine("0000:01:00.2", driver, worker, Duration.ofMinutes(1));
        Model model = new Model();
        List<MigrationStream> streams = new ArrayList<>();
        for (Act act : acts) {
            if (act.to() == null) {
                model.go(MigrationState.RUNNING, false);
                model.alive = -1;
                machine.afterReset();
            } else {
                driver.failIn = act.failIn();
                driver.broken = act.breaks();
                Errno expected = model.set(flags, act);
                try {
                    Optional<MigrationStream> begun = machine.set(act.to());
                    assertEquals(null, expected);
                    begun.ifPresent(streams::add);
                } catch (VfioException e) {
                    assertEquals(expected, e.errno(), act.toString());
                }
            }
            assertEquals(model.state, machine.state());
            assertEquals(model.begun, streams.size());
            for (int i = 0; i < streams.size(); i++) {
                check(streams.get(i), i == model.alive, model.state);
            }
        }
        worker.run("sweep", Duration.ofMinutes(1), () -> { });
        assertEquals(streams.size() - (model.alive < 0 ? 0 : 1), driver.closed.size());
        assertEquals(model.state == MigrationState.ERROR, driver.at != machine.state());
    }

    private static void check(MigrationStream stream, boolean alive, MigrationState state) {
        ByteBuffer one = ByteBuffer.allocate(0);
        if (!alive) {
            assertEquals(Errno.ENODEV, errno(() -> stream.read(one)));
            assertEquals(Errno.ENODEV, errno(() -> stream.write(one)));
            assertEquals(Errno.ENODEV, errno(stream::precopyInfo));
            return;
        }
        assertEquals(SAVING.contains(state), stream.saving());
        assertEquals(stream.saving() ? null : Errno.EBADF, errno(() -> stream.read(one)));
        assertEquals(stream.saving() ? Errno.EBADF : null, errno(() -> stream.write(one)));
        assertEquals(!stream.saving() ? Errno.EBADF : PRECOPY.contains(state) ? null : Errno.EINVAL,
                errno(stream::precopyInfo));
    }

    private static Errno errno(Executable act) {
        try {
            act.execute();
            return null;
        } catch (Throwable e) {
            return assertThrows(VfioException.class, () -> {
                throw e;
            }).errno();
        }
    }

    /** Counts streams from 0 on. */
    private static final class Model {
        private MigrationState state = MigrationState.RUNNING;
        private int begun;
        private int alive = -1;

        private Errno set(MigrationFlags flags, Act act) {
            List<MigrationState> way = MigrationArcsTest.written(flags, state, act.to());
            if (way == null) {
                return Errno.EINVAL;
            }
            for (int i = 0; i < way.size(); i++) {
                if (i == act.failIn()) {
                    if (act.breaks()) {
                        go(MigrationState.ERROR, false);
                    }
                    return Errno.ENOMEM;
                }
                go(way.get(i), true);
            }
            return null;
        }

        private void go(MigrationState to, boolean arc) {
            boolean kept = SAVING.contains(state) && SAVING.contains(to) && arc;
            if (!kept) {
                alive = -1;
                if (arc && (SAVING.contains(to) || to == MigrationState.RESUMING)) {
                    alive = begun++;
                }
            }
            state = to;
        }
    }
}
