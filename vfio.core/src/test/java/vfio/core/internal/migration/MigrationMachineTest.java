// SPDX-License-Identifier: Apache-2.0
package vfio.core.internal.migration;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static vfio.core.migration.MigrationState.ERROR;
import static vfio.core.migration.MigrationState.PRE_COPY;
import static vfio.core.migration.MigrationState.PRE_COPY_P2P;
import static vfio.core.migration.MigrationState.RESUMING;
import static vfio.core.migration.MigrationState.RUNNING;
import static vfio.core.migration.MigrationState.RUNNING_P2P;
import static vfio.core.migration.MigrationState.STOP;
import static vfio.core.migration.MigrationState.STOP_COPY;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.driver.DriverWorker;
import vfio.core.migration.MigrationFlags;
import vfio.core.migration.MigrationOperations;
import vfio.core.migration.MigrationState;
import vfio.core.migration.MigrationStream;
import vfio.core.migration.PrecopyInfo;
import vfio.core.migration.ReferenceMigration;
import vfio.core.migration.ResumingData;
import vfio.core.migration.SavingData;

class MigrationMachineTest {
    private static final MigrationFlags ALL = new MigrationFlags(true, true);

    private final DriverWorker worker = new DriverWorker("acme", fault -> { });
    private ReferenceMigration driver = new ReferenceMigration(ALL);
    private MigrationMachine machine = machine(driver);

    private MigrationMachine machine(MigrationOperations operations) {
        return new MigrationMachine("0000:01:00.2", operations, worker, Duration.ofSeconds(30));
    }

    @AfterEach
    void end() {
        worker.close();
    }

    private static Errno errno(Executable act) {
        return assertThrows(VfioException.class, act).errno();
    }

    private MigrationStream to(MigrationState state) {
        return machine.set(state).orElseThrow();
    }

    private static ByteBuffer all(MigrationStream stream) {
        ByteBuffer image = ByteBuffer.allocate(64);
        while (stream.read(image) > 0) { }
        return image.flip();
    }

    @Test
    void deviceRunsWhenItIsOpened() {
        assertEquals(RUNNING, machine.state());
        assertEquals(ALL, machine.flags());
        assertEquals(List.of(), driver.arcs);
    }

    @Test
    void sameStateIsNoArc() {
        assertTrue(machine.set(RUNNING).isEmpty());
        assertEquals(List.of(), driver.arcs);
    }

    @Test
    void arcsAreTakenOneByOne() {
        machine.set(STOP);
        assertEquals(List.of("RUNNING RUNNING_P2P", "RUNNING_P2P STOP"), driver.arcs);
        assertEquals(STOP, machine.state());
    }

    @Test
    void stateThatCannotBeReachedIsRefusedBeforeAnyArc() {
        machine = machine(driver = new ReferenceMigration(new MigrationFlags(false, false)));
        for (MigrationState state : List.of(ERROR, RUNNING_P2P, PRE_COPY, PRE_COPY_P2P)) {
            assertEquals(Errno.EINVAL, errno(() -> machine.set(state)), state.name());
        }
        assertEquals(List.of(), driver.arcs);
        assertEquals(RUNNING, machine.state());
    }

    @Test
    void whatIsSavedIsRestored() {
        driver.value = 0x1122334455667788L;
        ByteBuffer image = all(to(STOP_COPY));
        ReferenceMigration target = new ReferenceMigration(ALL);
        MigrationMachine other = machine(target);
        MigrationStream sink = other.set(RESUMING).orElseThrow();
        while (image.hasRemaining()) { // byte by byte
            assertEquals(1, sink.write(image.slice(image.position(), 1)));
            image.get();
        }
        other.set(RUNNING);
        assertEquals(driver.value, target.value);
        assertEquals(List.of("image"), target.closed);
    }

    @Test
    void streamLivesFromPreCopyToStopCopyAndNoFurther() {
        driver.value = 1;
        MigrationStream stream = to(PRE_COPY);
        assertTrue(stream.saving());
        assertEquals(new PrecopyInfo(8, 0), stream.precopyInfo());
        ByteBuffer target = ByteBuffer.allocate(64);
        assertEquals(8, stream.read(target));
        assertEquals(Errno.ENOMSG, errno(() -> stream.read(target)));
        driver.value = 2;
        assertEquals(new PrecopyInfo(0, 8), stream.precopyInfo());
        assertTrue(machine.set(STOP_COPY).isEmpty());
        assertEquals(8, stream.read(target));
        assertEquals(2, target.getLong(8));
        assertEquals(0, stream.read(target));
        assertEquals(Errno.EINVAL, errno(stream::precopyInfo));
        assertEquals(List.of(), driver.closed);
        machine.set(STOP);
        assertEquals(List.of("copy"), driver.closed);
        assertEquals(Errno.ENODEV, errno(() -> stream.read(target)));
        assertEquals(Errno.ENODEV, errno(stream::precopyInfo));
    }

    @Test
    void abandonedPreCopyEndsItsStream() {
        MigrationStream stream = to(PRE_COPY_P2P);
        machine.set(RUNNING);
        assertEquals(Errno.ENODEV, errno(() -> stream.read(ByteBuffer.allocate(8))));
        assertEquals(List.of("copy"), driver.closed);
    }

    @Test
    void streamOfOneDirectionRefusesTheOther() {
        MigrationStream saving = to(STOP_COPY);
        assertEquals(Errno.EBADF, errno(() -> saving.write(ByteBuffer.allocate(8))));
        MigrationStream resuming = to(RESUMING);
        assertFalse(resuming.saving());
        assertEquals(Errno.EBADF, errno(() -> resuming.read(ByteBuffer.allocate(8))));
        assertEquals(Errno.EBADF, errno(resuming::precopyInfo));
    }

    @Test
    void emptyReadIsNotTheEnd() {
        MigrationStream stream = to(PRE_COPY);
        assertEquals(0, stream.read(ByteBuffer.allocate(0)));
        assertEquals(8, stream.read(ByteBuffer.allocate(8)));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void arcThatFailsLeavesTheLastStateReached(int hop) {
        driver.failIn = hop;
        VfioException e = assertThrows(VfioException.class, () -> machine.set(STOP_COPY));
        assertEquals(Errno.ENOMEM, e.errno());
        assertEquals(List.of(RUNNING, RUNNING_P2P, STOP).get(hop), machine.state());
        driver.failIn = Integer.MAX_VALUE;
        assertEquals(8, all(to(STOP_COPY)).remaining());
    }

    @Test
    void brokenDeviceIsInErrorUntilItsReset() {
        MigrationStream stream = to(STOP_COPY);
        driver.failIn = 0;
        driver.broken = true;
        assertEquals(Errno.ENOMEM, errno(() -> machine.set(STOP)));
        assertEquals(ERROR, machine.state());
        assertEquals(Errno.ENODEV, errno(() -> stream.read(ByteBuffer.allocate(8))));
        for (MigrationState state : MigrationState.values()) {
            if (state != ERROR) {
                assertEquals(Errno.EINVAL, errno(() -> machine.set(state)), state.name());
            }
        }
        assertTrue(machine.set(ERROR).isEmpty());
        driver.failIn = Integer.MAX_VALUE;
        machine.afterReset();
        assertEquals(RUNNING, machine.state());
        machine.set(STOP);
    }

    @Test
    void resetEndsStreams() {
        MigrationStream stream = to(RESUMING);
        machine.afterReset();
        assertEquals(RUNNING, machine.state());
        assertEquals(Errno.ENODEV, errno(() -> stream.write(ByteBuffer.allocate(8))));
        await().until(() -> driver.closed.equals(List.of("image")));
    }

    @Test
    void lastCloseEndsStreams() {
        MigrationStream stream = to(PRE_COPY);
        machine.end();
        machine.end();
        assertEquals(Errno.ENODEV, errno(() -> stream.read(ByteBuffer.allocate(8))));
        await().until(() -> driver.closed.equals(List.of("copy")));
    }

    @Test
    void failedMoveLosesTheDeviceWhereTheDriverSaysSo() {
        MigrationStream stream = to(PRE_COPY);
        driver.inside = () -> {
            throw new VfioException(Errno.EAGAIN, "not yet");
        };
        assertEquals(Errno.EAGAIN, errno(() -> stream.read(ByteBuffer.allocate(8))));
        assertEquals(PRE_COPY, machine.state());
        driver.broken = true;
        assertEquals(Errno.EAGAIN, errno(() -> stream.read(ByteBuffer.allocate(8))));
        assertEquals(ERROR, machine.state());
        assertEquals(Errno.ENODEV, errno(() -> stream.read(ByteBuffer.allocate(8))));
    }

    @Test
    void largeReadsComeInPieces() {
        driver.instead = (SavingData) target -> target.remaining();
        MigrationStream stream = to(PRE_COPY);
        ByteBuffer target = ByteBuffer.allocate(3 << 20);
        assertEquals(1 << 20, stream.read(target));
        assertEquals(1 << 20, target.position());
        assertEquals(100, stream.read(target.slice(0, 100)));
    }

    @Test
    void readOnlyBufferIsNotReadInto() {
        MigrationStream stream = to(PRE_COPY);
        assertEquals(Errno.EFAULT, errno(() -> stream.read(ByteBuffer.allocate(8).asReadOnlyBuffer())));
        assertEquals(8, stream.read(ByteBuffer.allocate(8)));
    }

    @Test
    void driverCannotChangeWhatAUserWrites() {
        machine.set(STOP);
        driver.instead = (ResumingData) source -> {
            source.put(0, (byte) 1);
            return 1;
        };
        MigrationStream stream = to(RESUMING);
        ByteBuffer source = ByteBuffer.allocate(1);
        assertEquals(Errno.EIO, errno(() -> stream.write(source)));
        assertEquals(0, source.get(0));
    }

    @Test
    void streamOnTheWrongArcIsTheDriversFault() {
        driver.instead = driver.new Copy();
        assertEquals(Errno.EINVAL, errno(() -> machine.set(STOP)));
        assertEquals(ERROR, machine.state());
        assertEquals(List.of("copy"), driver.closed);
    }

    @Test
    void arcWithoutItsStreamIsTheDriversFault() {
        driver.silent = true;
        assertEquals(Errno.EINVAL, errno(() -> machine.set(PRE_COPY)));
        assertEquals(ERROR, machine.state());
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 9, Integer.MAX_VALUE})
    void driverThatMovedMoreThanThereIsGetsEio(int answer) {
        MigrationStream stream = to(STOP_COPY);
        driver.answer = answer;
        ByteBuffer target = ByteBuffer.allocate(8);
        assertEquals(Errno.EIO, errno(() -> stream.read(target)));
        assertEquals(0, target.position());
    }

    @Test
    void dataSizeIsTheDriversUnlessNegative() {
        assertEquals(8, machine.stopCopyLength());
        driver.answer = -1;
        assertEquals(Errno.EIO, errno(machine::stopCopyLength));
    }

    @Test
    void driverWithoutFlagsIsRefused() {
        assertEquals(Errno.EINVAL, errno(() -> machine(new ReferenceMigration(null))));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void driverIsAlwaysWhereTheCoreSays(long seed) {
        Random random = new Random(seed);
        machine = machine(driver = new ReferenceMigration(new MigrationFlags((seed & 1) != 0, (seed & 2) != 0)));
        for (int step = 0; step < 2_500; step++) {
            driver.failIn = random.nextInt(8) == 0 ? random.nextInt(3) : Integer.MAX_VALUE;
            MigrationState before = machine.state();
            MigrationState wanted = MigrationState.of(random.nextInt(8));
            try {
                machine.set(wanted);
                assertEquals(wanted, machine.state());
            } catch (VfioException e) {
                if (e.errno() == Errno.EINVAL) {
                    assertEquals(before, machine.state());
                }
            }
            assertEquals(driver.at, machine.state());
        }
        assertTrue(driver.arcs.size() > 1_000);
    }
}
