// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.device;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import vfio.core.Errno;
import vfio.core.EventSignal;
import vfio.core.VfioException;
import vfio.core.feature.FeatureReply;
import vfio.core.feature.FeatureRequest;
import vfio.core.feature.Features;
import vfio.core.migration.MigrationState;
import vfio.core.migration.PrecopyInfo;
import vfio.core.migration.ResumingData;
import vfio.core.migration.SavingData;
import vfio.os.EventFd;
import vfio.os.Kernel;
import vfio.pci.core.bus.HostDevice;
import vfio.pci.core.id.PciAddress;

/** Device features as the kernel gets them: bytes as they came, descriptors and pointers where something stands for them. */
class HostFeaturesTest {
    private static final int GET = FeatureRequest.GET;
    private static final int SET = FeatureRequest.SET;

    private final FakeVfio vfio = new FakeVfio();
    private final Kernel kernel = new Kernel(vfio.calls());
    private final HostDevice device = new HostGroups(() -> kernel, FakeVfio.FOLDER).open(PciAddress.parse("0000:01:00.0"), 7);

    @AfterEach
    void nothingStaysOpen() {
        device.close();
        assertEquals(List.of(), vfio.open());
    }

    private FeatureReply ask(int flags, int room, Object attachment, byte... payload) {
        return device.feature(new FeatureRequest(8 + room, flags, ByteBuffer.wrap(payload), attachment));
    }

    private Errno refused(int flags, int room, Object attachment, byte... payload) {
        return assertThrows(VfioException.class, () -> ask(flags, room, attachment, payload)).errno();
    }

    private static byte[] bytes(int size, long... words) {
        ByteBuffer bytes = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < words.length; i++) {
            bytes.putLong(Long.BYTES * i, words[i]);
        }
        return bytes.array();
    }

    /** What the kernel is asked for by the next request. */
    private AtomicReference<byte[]> seen() {
        AtomicReference<byte[]> seen = new AtomicReference<>();
        vfio.onFeature = struct -> {
            byte[] all = new byte[struct.capacity()];
            struct.get(0, all);
            seen.set(all);
            return 0;
        };
        return seen;
    }

    @Test
    void requestGoesAsItCameAndTheAnswerToo() {
        vfio.onFeature = struct -> {
            assertEquals(24, struct.getInt(0));
            assertEquals(SET | Features.PCI_VF_TOKEN, struct.getInt(4));
            assertEquals(0x1122334455667788L, struct.getLong(8));
            struct.putLong(16, 5);
            return 0;
        };
        ByteBuffer reply = ask(SET | Features.PCI_VF_TOKEN, 16, null, bytes(16, 0x1122334455667788L, 4)).payload();
        assertEquals(16, reply.remaining());
        assertEquals(5, reply.getLong(8));
    }

    @ParameterizedTest
    @ValueSource(ints = {-8, -1, 0, 7})
    void argszIsTheKernelsToJudge(int room) {
        AtomicReference<byte[]> seen = seen();
        ask(GET | Features.MIGRATION, room, null);
        assertEquals(8 + room, ByteBuffer.wrap(seen.get()).order(ByteOrder.LITTLE_ENDIAN).getInt(0));
        assertTrue(seen.get().length >= 8);
    }

    @Test
    void hugeArgszGetsWhatIsThere() {
        AtomicReference<byte[]> seen = seen();
        ask(GET | Features.MIGRATION, -9, null); // 2^32 - 1
        assertEquals(seen.get().length, ByteBuffer.wrap(seen.get()).order(ByteOrder.LITTLE_ENDIAN).getInt(0));
    }

    @Test
    void featureThatIsNotKnownIsNotAskedFor() {
        vfio.onFeature = struct -> 0;
        assertEquals(Errno.ENOTTY, refused(GET | Features.DMA_BUF, 64, null));
        assertEquals(Errno.ENOTTY, refused(GET | FeatureRequest.PROBE | 0xffff, 0, null));
        assertTrue(vfio.asked.stream().noneMatch("device 17"::equals));
        vfio.onFeature = struct -> -Errno.ENOTTY.number();
        assertEquals(Errno.ENOTTY, refused(GET | Features.MIGRATION, 8, null));
    }

    @Test
    void eventfdThatWakesGoesAsItIs() {
        AtomicReference<byte[]> seen = seen();
        try (EventFd event = kernel.eventFd()) {
            ask(SET | Features.LOW_POWER_ENTRY_WITH_WAKEUP, 8, event, bytes(8));
            assertEquals(event.fd().enter(), ByteBuffer.wrap(seen.get()).order(ByteOrder.LITTLE_ENDIAN).getInt(8));
            event.fd().leave();
        }
    }

    @Test
    void anySignalIsWokenUntilTheExit() {
        AtomicInteger woken = new AtomicInteger();
        vfio.onFeature = struct -> {
            if ((struct.getInt(4) & FeatureRequest.MASK) == Features.LOW_POWER_ENTRY_WITH_WAKEUP) {
                vfio.wired.put("wakeup", struct.getInt(8));
            }
            return 0;
        };
        ask(SET | Features.LOW_POWER_ENTRY_WITH_WAKEUP, 8, EventSignal.calling(woken::incrementAndGet), bytes(8));
        vfio.raise("wakeup");
        await().until(() -> woken.get() == 1);
        ask(SET | Features.LOW_POWER_EXIT, 0, null);
    }

    @Test
    void wakeupNeedsASignalThatIsOpen() {
        int entry = SET | Features.LOW_POWER_ENTRY_WITH_WAKEUP;
        vfio.onFeature = struct -> struct.getInt(8) < 0 ? -Errno.EINVAL.number() : 0;
        assertEquals(Errno.EINVAL, refused(entry, 8, null, bytes(8, -1)), "the kernel's");
        assertEquals(Errno.EBADF, refused(entry, 8, null, bytes(8)));
        assertEquals(Errno.EINVAL, refused(entry, 8, "no signal", bytes(8)));
        assertEquals(Errno.EINVAL, refused(entry, 8, null, bytes(4)), "half a payload");
        EventFd closed = kernel.eventFd();
        closed.close();
        assertEquals(Errno.EBADF, refused(entry, 8, closed, bytes(8)));
        vfio.onFeature = struct -> -Errno.EINVAL.number();
        assertEquals(Errno.EINVAL, refused(entry, 8, EventSignal.calling(() -> { }), bytes(8)));
    }

    private FeatureReply state(MigrationState state) {
        vfio.onFeature = struct -> {
            struct.putInt(12, state == MigrationState.STOP_COPY || state == MigrationState.RESUMING ? vfio.stream(5) : -1);
            return 0;
        };
        return ask(SET | Features.MIG_DEVICE_STATE, 8, null, bytes(8, state.ordinal()));
    }

    @Test
    void streamThatIsSavedIsReadToItsEnd() {
        FeatureReply reply = state(MigrationState.STOP_COPY);
        assertEquals(0, reply.payload().getInt(4), "stands for what goes along");
        SavingData saving = (SavingData) reply.attachment();
        ByteBuffer bytes = ByteBuffer.allocate(8);
        assertEquals(5, saving.read(bytes));
        assertEquals(0, saving.read(bytes));
        vfio.streamFails = Errno.ENOMSG;
        assertEquals(0, saving.read(bytes), "all for now");
        vfio.streamFails = Errno.EAGAIN;
        assertEquals(Errno.EAGAIN, assertThrows(VfioException.class, () -> saving.read(bytes)).errno());
        vfio.streamFails = null;
        assertEquals(new PrecopyInfo(7, 9), saving.precopyInfo());
        saving.close();
        assertEquals(Errno.EBADF, assertThrows(VfioException.class, () -> saving.read(bytes)).errno());
    }

    @Test
    void streamThatIsResumedIsWritten() {
        ResumingData resuming = (ResumingData) state(MigrationState.RESUMING).attachment();
        ByteBuffer bytes = ByteBuffer.wrap(new byte[] {1, 2, 3});
        assertEquals(3, resuming.write(bytes));
        assertEquals(0, bytes.remaining());
        assertEquals(0, resuming.write(bytes));
        device.close();
        assertEquals(Errno.EBADF, assertThrows(VfioException.class, () -> resuming.write(bytes.rewind())).errno(),
                "closed with the device");
    }

    @Test
    void stateWithoutStreamHasNone() {
        FeatureReply reply = state(MigrationState.RUNNING);
        assertEquals(null, reply.attachment());
        assertEquals(-1, reply.payload().getInt(4));
        assertEquals(Errno.EINVAL, refused(SET | Features.MIG_DEVICE_STATE, 8, null, bytes(4)));
    }

    @Test
    void rangesToLogAreWhereTheKernelLooks() {
        List<Long> ranges = new ArrayList<>();
        vfio.onFeature = struct -> {
            assertEquals(32, struct.getInt(0));
            ByteBuffer told = vfio.memory(struct.getLong(24), 16 * struct.getInt(16));
            while (told.hasRemaining()) {
                ranges.add(told.getLong());
            }
            return 0;
        };
        byte[] payload = bytes(48, 4096, 2, 0x1000, 0x2000, 0x10000, 0x4000);
        FeatureReply reply = ask(SET | Features.DMA_LOGGING_START, 48, null, payload);
        assertEquals(List.of(0x1000L, 0x2000L, 0x10000L, 0x4000L), ranges);
        assertEquals(48, reply.payload().remaining());
        assertEquals(Errno.EINVAL, refused(SET | Features.DMA_LOGGING_START, 48, null, bytes(40, 4096, 2)));
        assertEquals(Errno.EINVAL, refused(SET | Features.DMA_LOGGING_START, 48, null, bytes(8)));
        vfio.onFeature = struct -> struct.getInt(16) > 256 || struct.getInt(16) < 0 ? -Errno.E2BIG.number() : 0;
        assertEquals(Errno.E2BIG, refused(SET | Features.DMA_LOGGING_START, 48, null, bytes(48, 4096, 257)));
        assertEquals(Errno.E2BIG, refused(SET | Features.DMA_LOGGING_START, 16, null, bytes(16, 4096, 0xffff_ffffL)));
    }

    @Test
    void bitmapOfTheLogComesBehindWhatWasAsked() {
        vfio.onFeature = struct -> {
            vfio.memory(struct.getLong(32), 8).putLong(0, 0x5);
            return 0;
        };
        byte[] asked = bytes(24, 0x10000, 0x4000, 4096);
        ByteBuffer reply = ask(GET | Features.DMA_LOGGING_REPORT, 32, null, asked).payload();
        byte[] first = new byte[24];
        reply.get(0, first);
        assertArrayEquals(asked, first);
        assertEquals(5, reply.getLong(24));
        assertEquals(Errno.EINVAL, refused(GET | Features.DMA_LOGGING_REPORT, 31, null, asked), "no room for the bitmap");
        assertEquals(Errno.EINVAL, refused(GET | Features.DMA_LOGGING_REPORT, 32, null, bytes(24, 0, 4096, 100)));
    }
}
