// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import vfio.core.Errno;
import vfio.core.EventSignal;
import vfio.core.VfioException;
import vfio.core.device.DeviceHandle;
import vfio.core.device.VfioUser;
import vfio.core.feature.FeatureReply;
import vfio.core.feature.FeatureRequest;
import vfio.pci.core.bus.PciBus.Virtualization;
import vfio.pci.core.fake.FakeFunction;
import vfio.pci.core.internal.TestCore.Settings;

/** Device features of functions that the other side virtualizes: its answers, and ours only where it has none. */
class HostFeaturesTest {
    private static final String NAME = "0000:01:00.0";
    private static final int GET = FeatureRequest.GET;
    private static final int SET = FeatureRequest.SET;
    private static final int PROBE = FeatureRequest.PROBE;

    private final TestCore core = new TestCore(new Settings("merged", 60_000, 60_000), Virtualization.HOST);
    private final FakeFunction function = core.plug(NAME, 1, 2);
    private final KernelSide other = new KernelSide();
    private final FeatureDriver driver = new FeatureDriver();

    @BeforeEach
    void bind() {
        function.onHost = other;
        core.arrives(driver.service);
        core.admin.bind(NAME, "vendor", false);
        driver.migrationAsked = 0; // its claims are checked at the bind
        driver.logAsked = 0;
    }

    @AfterEach
    void end() {
        core.close();
    }

    private DeviceHandle open() {
        return core.programs.open(NAME, VfioUser.named("user"));
    }

    private static FeatureRequest request(int argsz, int flags, byte... payload) {
        return new FeatureRequest(argsz, flags, ByteBuffer.wrap(payload), null);
    }

    private static VfioException refusal(DeviceHandle handle, FeatureRequest request) {
        return assertThrows(VfioException.class, () -> handle.feature(request));
    }

    private static Errno errno(DeviceHandle handle, FeatureRequest request) {
        try {
            handle.feature(request);
            return null;
        } catch (VfioException e) {
            return e.errno();
        }
    }

    /** With what the other side has, of each request it could be sent: the errno is its own, and it has seen the request. */
    @Test
    @Tag("C8-1")
    @Tag("C8-2")
    @Tag("C8-3")
    @Tag("C8-4")
    @Tag("C8-5")
    @Tag("C8-6")
    @Tag("C8-7")
    @Tag("C8-8")
    @Tag("C8-9")
    @Tag("C8-10")
    @Tag("C8-11")
    @Tag("C8-12")
    @Tag("C8-26")
    @Tag("C8-28")
    void everyErrnoIsTheOtherSides() {
        DeviceHandle handle = open();
        for (int number : new int[] {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0xffff}) {
            for (int high = 0; high < 8 + 13; high++) {
                int flags = number | (high < 8 ? high << 16 : GET | 1 << 19 + high - 8);
                for (int argsz : new int[] {0, 7, 8, 15, 16, 23, 24, 31, 32, 39, 40, 4096, Integer.MIN_VALUE, -1}) {
                    String what = "number %d flags %x argsz %d".formatted(number, flags, argsz);
                    other.seen.clear();
                    assertEquals(KernelSide.first(argsz, flags), errno(handle, request(argsz, flags, new byte[32])), what);
                    assertEquals(1, other.seen.size(), what);
                    assertEquals(flags, other.seen.get(0).flags(), what);
                    assertEquals(argsz, other.seen.get(0).argsz(), what);
                }
            }
        }
        assertEquals(0, driver.answers);
    }

    @Test
    @Tag("C8-14")
    @Tag("C8-16")
    @Tag("C8-17")
    @Tag("C8-25")
    void bytesAndWhatComesAlongGoThereAndComeBack() {
        DeviceHandle handle = open();
        EventSignal signal = EventSignal.calling(() -> { });
        ByteBuffer in = ByteBuffer.wrap(new byte[] {3, 0, 0, 0, 0, 0, 0, 0, 9, 9});
        Object descriptor = new Object();
        other.reply = new FeatureReply(ByteBuffer.wrap(new byte[] {3, 0, 0, 0, 0, 0, 0, 0}), descriptor);
        FeatureReply reply = handle.feature(new FeatureRequest(18, SET | 2, in, signal));
        FeatureRequest seen = other.seen.get(other.seen.size() - 1);
        assertEquals(in, seen.payload());
        assertSame(signal, seen.attachment());
        assertSame(other.reply, reply);
        assertSame(descriptor, reply.attachment());
        other.reply = new FeatureReply(ByteBuffer.wrap(new byte[] {7, 0, 0, 0, 0, 0, 0, 0}), null);
        assertEquals(7, handle.feature(request(16, GET | 1)).payload().get(0));
    }

    @Test
    void migrationAndLogOfTheOtherSideLeaveTheDriversOut() {
        other.without.add(9); // as Linux 6.1 does
        other.without.add(8);
        assertNull(core.admin.function(NAME).migration(), "not known while it is closed");
        DeviceHandle handle = open();
        assertEquals(0, driver.migrationAsked);
        assertEquals(0, driver.logAsked);
        assertTrue(core.admin.function(NAME).migration().startsWith("by the host's driver"));
        assertEquals(7, handle.feature(request(16, GET | 1)).payload().get(0));
        assertEquals(Errno.ENOTTY, errno(handle, request(16, GET | 9)));
        assertEquals(Errno.ENOTTY, errno(handle, request(40, GET | 8, new byte[32])));
        VfioException refusal = assertThrows(VfioException.class, () -> handle.migration().state());
        assertEquals(Errno.ENOTTY, refusal.errno());
        assertTrue(refusal.sentence().contains("the other side's"), refusal.sentence());
        assertEquals(Errno.ENOTTY, assertThrows(VfioException.class, () -> handle.dirtyPages().stop()).errno());
    }

    @Test
    @Tag("C8-15")
    @Tag("C8-24")
    void whatTheOtherSideLacksIsTheDrivers() {
        other.without.addAll(List.of(1, 2, 6, 7, 8, 9));
        DeviceHandle handle = open();
        assertEquals(1, driver.migrationAsked);
        assertEquals(1, driver.logAsked);
        assertTrue(core.admin.function(NAME).migration().startsWith("by driver vendor: the host's driver"));
        assertEquals(3, handle.feature(request(16, GET | 1)).payload().get(0), "STOP_COPY and P2P, the driver's");
        assertNull(errno(handle, request(8, SET | 7)));
        assertNull(errno(handle, request(8, SET | FeatureDriver.OWN)));
        assertEquals(1, driver.answers);
        assertNull(errno(handle, request(8, SET | 3)), "low power stays the other side's");
        VfioException refusal = refusal(handle, request(8, SET | 10));
        assertEquals(Errno.ENOTTY, refusal.errno());
        assertTrue(refusal.sentence().contains("the other side has no such feature"), refusal.sentence());
    }

    @Test
    void driversOwnFeatureGivesWayToTheOtherSides() {
        other.also = FeatureDriver.OWN;
        DeviceHandle handle = open();
        assertNull(errno(handle, request(8, SET | FeatureDriver.OWN)));
        assertEquals(0, driver.answers);
    }

    /** Nothing of ours is put in the place of what is there and fails. */
    @Test
    void featureThatFailsThereIsNotTriedHere() {
        other.fails = Errno.EIO;
        DeviceHandle handle = open();
        assertEquals(0, driver.migrationAsked);
        assertEquals(Errno.EIO, errno(handle, request(8, SET | FeatureDriver.OWN)));
        assertEquals(0, driver.answers);
    }

    @Test
    void busThatForwardsNoFeaturesHasNone() {
        other.forwards = false;
        DeviceHandle handle = open();
        assertEquals(Errno.ENOTTY, errno(handle, request(8, SET | 3)));
        assertEquals(1, driver.migrationAsked);
    }

    @ParameterizedTest
    @ValueSource(strings = {"null", "long", "throws"})
    void otherSideThatLiesIsEio(String lie) {
        DeviceHandle handle = open();
        other.lie = lie;
        VfioException refusal = refusal(handle, request(16, GET | 1));
        assertEquals(Errno.EIO, refusal.errno());
        assertTrue(refusal.sentence().contains("other side"), refusal.sentence());
        assertEquals(Errno.EIO, errno(handle, request(8, SET | 3)));
    }

    @Test
    void closedHandleAsksTheOtherSideNothing() {
        DeviceHandle handle = open();
        DeviceHandle second = open();
        handle.close();
        second.close();
        other.seen.clear();
        assertEquals(Errno.ENODEV, errno(handle, request(8, SET | 3)));
        assertEquals(Errno.ENODEV, errno(second, request(16, GET | 1)));
        assertEquals(List.of(), other.seen);
    }

    @Test
    void otherSideIsNotClosedWhileItAnswers() throws Exception {
        DeviceHandle handle = open();
        CountDownLatch release = new CountDownLatch(1);
        CountDownLatch inside = new CountDownLatch(1);
        other.onFeature = () -> {
            inside.countDown();
            await().until(() -> release.getCount() == 0);
            assertEquals(0, other.closes, "closed while it answers");
        };
        CompletableFuture<Errno> answered =
                CompletableFuture.supplyAsync(() -> errno(handle, request(16, GET | 1)), TestCore.OWN_THREAD);
        inside.await();
        Thread closing = new Thread(handle::close);
        closing.start();
        await().until(() -> closing.getState() == Thread.State.TIMED_WAITING || closing.getState() == Thread.State.WAITING);
        release.countDown();
        assertNull(answered.get());
        closing.join();
        assertEquals(1, other.closes);
    }
}
