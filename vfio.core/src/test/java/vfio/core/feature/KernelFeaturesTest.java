// SPDX-License-Identifier: Apache-2.0
package vfio.core.feature;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import vfio.core.Errno;
import vfio.core.EventSignal;
import vfio.core.VfioException;
import vfio.core.dirty.ReferenceLog;
import vfio.core.driver.DriverWorker;
import vfio.core.internal.dirty.DirtyTracker;
import vfio.core.internal.dirty.HandleDirtyPages;
import vfio.core.internal.feature.DirtyLogFeatures;
import vfio.core.internal.feature.MigrationFeatures;
import vfio.core.internal.migration.HandleMigration;
import vfio.core.internal.migration.MigrationMachine;
import vfio.core.migration.MigrationFlags;
import vfio.core.migration.MigrationState;
import vfio.core.migration.MigrationStream;
import vfio.core.migration.ReferenceMigration;

/** The kernel's features, byte by byte, on a device that has them all. */
class KernelFeaturesTest {
    private static final int GET = 1 << 16;
    private static final int SET = 1 << 17;
    private static final int PROBE = 1 << 18;
    private static final Duration LONG = Duration.ofMinutes(1);

    private final DriverWorker worker = new DriverWorker("acme", fault -> { });
    private final ReferenceMigration driver = new ReferenceMigration(new MigrationFlags(true, true));
    private final MigrationMachine machine = new MigrationMachine("0000:01:00.2", driver, worker, LONG);
    private final ReferenceLog log = new ReferenceLog();
    private final DirtyTracker tracker = new DirtyTracker("0000:01:00.2", log, worker, LONG);
    private final List<Object> bus = new ArrayList<>();
    private final Features features = MigrationFeatures
            .of(new HandleMigration("0000:01:00.2", true, () -> Optional.of(machine)))
            .with(DirtyLogFeatures.of(new HandleDirtyPages("0000:01:00.2", true, () -> Optional.of(tracker))))
            .with(Features.vfToken(bus::add))
            .with(Features.lowPower(wakeup -> bus.add(wakeup == null ? "enter" : wakeup), () -> bus.add("exit")));

    @AfterEach
    void end() {
        worker.close();
    }

    private static ByteBuffer bytes(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static ByteBuffer state(int state) {
        return bytes(8).putInt(state).putInt(7).flip();
    }

    /** A control with the ranges that follow, iova and length in turn; counts {@code count} of them. */
    private static ByteBuffer control(long pageSize, int count, long... ranges) {
        ByteBuffer control = bytes(16 + 8 * ranges.length).putLong(pageSize).putInt(count).putInt(0);
        LongStream.of(ranges).forEach(control::putLong);
        return control.flip();
    }

    private static ByteBuffer asked(long iova, long length, long pageSize) {
        return bytes(24).putLong(iova).putLong(length).putLong(pageSize).flip();
    }

    private FeatureReply dispatch(int flags, ByteBuffer payload, Object attachment) {
        FeatureReply reply = features.dispatch(new FeatureRequest(4096, flags, payload, attachment));
        assertEquals(ByteOrder.LITTLE_ENDIAN, reply.payload().order());
        return reply;
    }

    private Errno errno(int flags, ByteBuffer payload, Object attachment) {
        return assertThrows(VfioException.class, () -> dispatch(flags, payload, attachment)).errno();
    }

    /** As in C8's table: feature, whether it is got, whether it is set, bytes of payload. */
    @ParameterizedTest
    @CsvSource({"0, false, true, 16", "1, true, false, 8", "2, true, true, 8", "3, false, true, 0", "4, false, true, 8",
            "5, false, true, 0", "6, false, true, 24", "7, false, true, 0", "8, true, false, 32", "9, true, false, 8"})
    @Tag("C8-4")
    @Tag("C8-5")
    @Tag("C8-6")
    @Tag("C8-7")
    @Tag("C8-8")
    @Tag("C8-10")
    void operationsAndSizesAreTheKernels(int number, boolean get, boolean set, int size) {
        byte[] none = new byte[0];
        assertNull(FeaturesTest.errno(features, 8, PROBE | number, none));
        assertEquals(get ? null : Errno.EINVAL, FeaturesTest.errno(features, 8, PROBE | GET | number, none));
        assertEquals(set ? null : Errno.EINVAL, FeaturesTest.errno(features, 8, PROBE | SET | number, none));
        assertEquals(get && set ? null : Errno.EINVAL, FeaturesTest.errno(features, 8, PROBE | GET | SET | number, none));
        assertEquals(Errno.EINVAL, FeaturesTest.errno(features, 64, number, new byte[56]));
        if (size > 0) {
            assertEquals(Errno.EINVAL, FeaturesTest.errno(features, 7 + size, (get ? GET : SET) | number, new byte[64]));
        }
        assertEquals(List.of(), bus);
        assertEquals(List.of(), log.calls);
        assertEquals(List.of(), driver.arcs);
    }

    /** What the size check lets through, of inputs that have not arrived. */
    @ParameterizedTest
    @CsvSource({"0, 131072, 15", "2, 131072, 7", "4, 131072, 7", "6, 131072, 15", "8, 65536, 23"})
    @Tag("C8-10")
    void inputThatHasNotArrivedIsEinval(int number, int operation, int length) {
        assertEquals(Errno.EINVAL, errno(operation | number, bytes(length), EventSignal.calling(() -> { })));
        assertEquals(Errno.EINVAL, errno(operation | number, bytes(0), EventSignal.calling(() -> { })));
        assertEquals(List.of(), bus);
    }

    @ParameterizedTest
    @ValueSource(ints = {10, 11, 12, 0xffff})
    @Tag("C8-11")
    @Tag("C8-26")
    @Tag("C8-28")
    void otherFeaturesAreMissing(int number) {
        for (int flags : new int[] {GET, SET, PROBE, PROBE | GET, PROBE | SET, 0}) {
            assertEquals(Errno.ENOTTY, errno(flags | number, bytes(64), null));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 6, 7, 8, 9})
    @Tag("C8-15")
    @Tag("C8-24")
    void deviceWithoutMigrationAndLogHasNoneOfTheirs(int number) {
        Features plain = Features.vfToken(bus::add);
        for (int flags : new int[] {GET, SET, PROBE, PROBE | GET, PROBE | SET, 0}) {
            assertEquals(Errno.ENOTTY, FeaturesTest.errno(plain, 64, flags | number, new byte[56]));
        }
    }

    @Test
    @Tag("C8-13")
    void tokenIsInItsOwnByteOrder() {
        UUID token = UUID.fromString("00112233-4455-6677-8899-aabbccddeeff");
        ByteBuffer payload = ByteBuffer.wrap(new byte[] {0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, (byte) 0x88,
                (byte) 0x99, (byte) 0xaa, (byte) 0xbb, (byte) 0xcc, (byte) 0xdd, (byte) 0xee, (byte) 0xff});
        dispatch(SET, payload, null);
        assertEquals(List.of(token), bus);
    }

    @Test
    @Tag("C8-14")
    void migrationAnswersItsFlags() {
        ByteBuffer flags = dispatch(GET | 1, bytes(0), null).payload();
        assertEquals(8, flags.remaining());
        assertEquals(7, flags.getLong());
    }

    @Test
    @Tag("C8-16")
    void stateIsAnsweredWithoutAStream() {
        machine.set(MigrationState.PRE_COPY);
        FeatureReply reply = dispatch(GET | 2, bytes(0), null);
        assertEquals(8, reply.payload().remaining());
        assertEquals(6, reply.payload().getInt());
        assertEquals(-1, reply.payload().getInt());
        assertNull(reply.attachment());
    }

    @Test
    @Tag("C8-17")
    void stateIsSetAndAStreamGoesAlong() {
        FeatureReply reply = dispatch(SET | 2, state(4), null);
        assertEquals(MigrationState.RESUMING, machine.state());
        assertEquals(4, reply.payload().getInt(0));
        assertEquals(0, reply.payload().getInt(4));
        assertEquals(false, ((MigrationStream) reply.attachment()).saving());
        reply = dispatch(SET | 2, state(1), null);
        assertEquals(1, reply.payload().getInt(0));
        assertEquals(-1, reply.payload().getInt(4));
        assertNull(reply.attachment());
    }

    @Test
    void stateThatCannotBeSetIsEinval() {
        for (int state : new int[] {0, 8, -1, Integer.MIN_VALUE, 0x10000}) {
            assertEquals(Errno.EINVAL, errno(SET | 2, state(state), null));
        }
        driver.failIn = 0;
        assertEquals(Errno.ENOMEM, errno(SET | 2, state(1), null));
        assertEquals(MigrationState.RUNNING, machine.state());
    }

    @Test
    @Tag("C8-25")
    void dataSizeIsTheDrivers() {
        assertEquals(8, dispatch(GET | 9, bytes(0), null).payload().getLong());
        driver.answer = -1;
        assertEquals(Errno.EIO, errno(GET | 9, bytes(0), null));
    }

    @Test
    @Tag("C8-18")
    @Tag("C8-20")
    void lowPowerIsEnteredAndLeft() {
        dispatch(SET | 3, bytes(0), null);
        dispatch(SET | 5, bytes(0), null);
        assertEquals(List.of("enter", "exit"), bus);
    }

    @Test
    @Tag("C8-19")
    @Tag("C8-31")
    void wakeupNeedsAUsableSignal() {
        EventSignal signal = EventSignal.calling(() -> { });
        EventSignal closed = new EventSignal() {
            @Override
            public void signal() {
            }

            @Override
            public boolean usable() {
                return false;
            }
        };
        assertEquals(Errno.EINVAL, errno(SET | 4, state(-1), signal));
        assertEquals(Errno.EINVAL, errno(SET | 4, state(Integer.MIN_VALUE), null));
        assertEquals(Errno.EBADF, errno(SET | 4, state(0), null));
        assertEquals(Errno.EBADF, errno(SET | 4, state(0), closed));
        assertEquals(Errno.EINVAL, errno(SET | 4, state(0), "no signal"));
        assertEquals(List.of(), bus);
        dispatch(SET | 4, state(0), signal);
        assertSame(signal, bus.get(0));
    }

    @Test
    void busMasterIsSetAndCleared() {
        Features cdx = Features.busMaster(bus::add);
        for (int operation : new int[] {1, 0}) {
            cdx.dispatch(new FeatureRequest(12, SET | 10, bytes(4).putInt(0, operation), null));
        }
        assertEquals(List.of(true, false), bus);
        for (byte[] other : new byte[][] {{2, 0, 0, 0}, {0, 0, 0, 1}, {-1, -1, -1, -1}}) {
            assertEquals(Errno.EINVAL, FeaturesTest.errno(cdx, 12, SET | 10, other));
        }
    }

    @Test
    @Tag("C8-21")
    @Tag("C8-22")
    void logStartsAndStops() {
        log.pageSize = 65536;
        ByteBuffer payload = control(4096, 2, 0x100000, 0x1000, 0, 0x2000);
        ByteBuffer reply = dispatch(SET | 6, payload, null).payload();
        assertEquals(List.of("start 4096 [0x0+0x2000, 0x100000+0x1000]"), log.calls);
        assertEquals(65536, reply.getLong(0));
        assertEquals(payload.putLong(0, 65536), reply);
        assertEquals(Errno.EINVAL, errno(SET | 6, payload, null));
        dispatch(SET | 7, bytes(0), null);
        dispatch(SET | 7, bytes(0), null);
        assertEquals(List.of("stop"), log.calls.subList(1, 2));
    }

    @Test
    @Tag("C8-36")
    @Tag("C8-37")
    @Tag("C8-38")
    @Tag("C8-39")
    @Tag("C8-40")
    void startThatIsWrongIsRefused() {
        long[] many = LongStream.range(0, 2 * 257).map(i -> i % 2 == 0 ? i * 4096 : 4096).toArray();
        assertEquals(Errno.EINVAL, errno(SET | 6, control(4096, 0, 0, 4096), null));
        assertEquals(Errno.E2BIG, errno(SET | 6, control(4096, 257, many), null));
        assertEquals(Errno.E2BIG, errno(SET | 6, control(4096, 257), null)); // before they are looked for
        assertEquals(Errno.E2BIG, errno(SET | 6, control(4096, -1, many), null));
        assertEquals(Errno.EINVAL, errno(SET | 6, control(4096, 2, 0, 4096), null)); // one is missing
        assertEquals(Errno.EINVAL, errno(SET | 6, control(4096, 1, 2048, 4096), null));
        assertEquals(Errno.EINVAL, errno(SET | 6, control(4096, 2, 0, 8192, 4096, 4096), null));
        assertEquals(Errno.EOVERFLOW, errno(SET | 6, control(4096, 1, -4096, 4096), null));
        assertEquals(List.of(), log.calls);
        dispatch(SET | 6, control(4096, 256, many), null);
    }

    @Test
    @Tag("C8-23")
    @Tag("C8-42")
    void reportCarriesItsBitmap() {
        dispatch(SET | 6, control(4096, 1, 0, 1 << 20), null);
        log.write(0x3000);
        log.write(0x3000 + 64 * 4096);
        ByteBuffer asked = asked(0x2000, 65 * 4096 + 1, 4096);
        ByteBuffer payload = features.dispatch(new FeatureRequest(8 + 24 + 16, GET | 8, asked, null)).payload();
        assertEquals(40, payload.remaining());
        assertEquals(asked, payload.slice(0, 24));
        assertEquals(2, payload.getLong(24));
        assertEquals(2, payload.getLong(32));
        assertEquals(0, dispatch(GET | 8, asked(0x2000, 65 * 4096, 4096), null).payload().getLong(24));
    }

    @Test
    void reportThatDoesNotFitLeavesTheLogAlone() {
        dispatch(SET | 6, control(4096, 1, 0, 1 << 20), null);
        log.write(0x3000);
        ByteBuffer asked = asked(0, 65 * 4096, 4096);
        for (int room = 32; room < 40; room++) {
            byte[] bytes = asked.array();
            assertEquals(Errno.EINVAL, FeaturesTest.errno(features, 8 + room, GET | 8, bytes));
        }
        assertEquals(1, log.calls.size());
        assertEquals(8, dispatch(GET | 8, asked, null).payload().getLong(24));
    }

    @Test
    @Tag("C8-41")
    void reportThatIsWrongIsRefused() {
        assertEquals(Errno.EINVAL, errno(GET | 8, asked(0, 4096, 4096), null)); // it does not run
        dispatch(SET | 6, control(4096, 1, 0, 1 << 20), null);
        for (long pageSize : new long[] {0, 1, 2048, 4097, 12288, -4096}) {
            assertEquals(Errno.EINVAL, errno(GET | 8, asked(0, 1 << 20, pageSize), null));
        }
        assertEquals(Errno.EOVERFLOW, errno(GET | 8, asked(-4096, 8192, 4096), null));
        assertEquals(Errno.E2BIG, errno(GET | 8, asked(0, 1L << 62, 4096), null));
        assertTrue(dispatch(GET | 8, asked(0, 1 << 20, 4096), null).payload().remaining() > 24);
    }

    @Test
    void closedDeviceAnswersEnodev() {
        machine.end();
        tracker.end();
        assertEquals(Errno.ENODEV, errno(GET | 2, bytes(0), null));
        assertEquals(Errno.ENODEV, errno(SET | 2, state(1), null));
        assertEquals(Errno.ENODEV, errno(GET | 9, bytes(0), null));
        assertEquals(Errno.ENODEV, errno(SET | 6, control(4096, 1, 0, 4096), null));
        assertEquals(Errno.ENODEV, errno(SET | 7, bytes(0), null));
        assertEquals(Errno.ENODEV, errno(GET | 8, asked(0, 4096, 4096), null));
    }
}
