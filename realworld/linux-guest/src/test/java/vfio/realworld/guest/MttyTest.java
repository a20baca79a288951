// SPDX-License-Identifier: Apache-2.0
package vfio.realworld.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.device.RegionOperations;
import vfio.core.dma.DmaBuffer;
import vfio.core.dma.DmaSpace;
import vfio.core.feature.FeatureReply;
import vfio.core.feature.FeatureRequest;
import vfio.core.feature.Features;
import vfio.core.migration.MigrationState;
import vfio.core.migration.ResumingData;
import vfio.core.migration.SavingData;
import vfio.hardware.linux.device.HostDevices;
import vfio.hardware.linux.device.HostDevices.Access;
import vfio.os.Kernel;
import vfio.pci.core.bus.HostDevice;

/** Migration v2 of a driver of the kernel's, its mediated serial card mtty, which Debian's kernel does not have. */
@Tag("iommufd")
@EnabledIfSystemProperty(named = "guest.kernel", matches = "iommufd")
class MttyTest {
    private static final Path TYPE = Path.of("/sys/class/mdev_bus/mtty/mdev_supported_types/mtty-1");

    /** A card, as long as it is open. */
    private static final class Card implements AutoCloseable {
        private final Path directory;
        private final HostDevice device;

        Card(Access access) throws IOException {
            UUID name = UUID.randomUUID();
            Files.writeString(TYPE.resolve("create"), name.toString());
            directory = Path.of("/sys/bus/mdev/devices", name.toString());
            device = new HostDevices(Kernel::host, "/dev/vfio", access, Set.of()).open(directory);
        }

        FeatureReply feature(int flags, long word) {
            ByteBuffer payload = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(0, word);
            return device.feature(new FeatureRequest(16, flags, payload, null));
        }

        FeatureReply set(MigrationState state) {
            return feature(FeatureRequest.SET | Features.MIG_DEVICE_STATE, state.ordinal());
        }

        MigrationState state() {
            FeatureReply reply = feature(FeatureRequest.GET | Features.MIG_DEVICE_STATE, 0);
            assertEquals(-1, reply.payload().getInt(4));
            return MigrationState.of(reply.payload().getInt(0));
        }

        @Override
        public void close() throws IOException {
            device.close();
            Files.writeString(directory.resolve("remove"), "1");
        }
    }

    /** The stream lives on from PRE_COPY to STOP_COPY. */
    private static byte[] saved(Card card) {
        SavingData stream = (SavingData) card.set(MigrationState.PRE_COPY).attachment();
        assertTrue(stream.precopyInfo().initialBytes() > 0);
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        readAll(stream, all);
        assertTrue(all.size() > 0);
        assertEquals(0, stream.precopyInfo().initialBytes());
        assertNull(card.set(MigrationState.STOP_COPY).attachment());
        assertEquals(Errno.EINVAL, assertThrows(VfioException.class, stream::precopyInfo).errno());
        readAll(stream, all);
        stream.close();
        return all.toByteArray();
    }

    private static void readAll(SavingData stream, ByteArrayOutputStream all) {
        ByteBuffer piece = ByteBuffer.allocate(100);
        while (stream.read(piece.clear()) > 0) {
            all.write(piece.array(), 0, piece.position());
        }
    }

    @Test
    void cardThatReachesNoMemoryDirtiesNone() throws IOException {
        try (Card card = new Card(Access.GROUP); DmaBuffer buffer = new DmaBuffer(Kernel.host().memory("dma", 4096))) {
            DmaSpace space = card.device.dma();
            space.map(buffer, 0, 4096, 0x100000, DmaSpace.READ | DmaSpace.WRITE);
            space.logDirtyPages(true);
            assertFalse(space.dirtyPages(0x100000, 4096).isDirty(0));
            space.logDirtyPages(false);
            space.unmap(0x100000, 4096);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"GROUP", "CDEV"})
    void whatWasSentIsReceivedWhereTheCardIsResumed(Access access) throws IOException {
        String sent = "fifteen bytes..";
        byte[] state;
        try (Card source = new Card(access)) {
            assertEquals(7, source.feature(FeatureRequest.GET | Features.MIGRATION, 0).payload().getLong(0),
                    "P2P and PRE_COPY too");
            RegionOperations port = source.device.region(0);
            port.write(2, 1, 1); // FCR: what is sent goes to a FIFO, which gives up to 15 back
            sent.chars().forEach(character -> port.write(0, 1, character));
            state = saved(source);
            assertEquals(MigrationState.STOP_COPY, source.state());
            source.set(MigrationState.RUNNING);
        }
        assertTrue(state.length > sent.length());
        try (Card target = new Card(access)) {
            ResumingData stream = (ResumingData) target.set(MigrationState.RESUMING).attachment();
            for (ByteBuffer left = ByteBuffer.wrap(state); left.hasRemaining();) {
                stream.write(left);
            }
            target.set(MigrationState.RUNNING);
            assertThrows(VfioException.class, () -> stream.write(ByteBuffer.wrap(state)), "the stream is dead");
            stream.close();
            RegionOperations port = target.device.region(0);
            StringBuilder received = new StringBuilder();
            for (int i = 0; i < sent.length(); i++) {
                received.append((char) port.read(0, 1));
            }
            assertEquals(sent, received.toString());
            assertEquals(Errno.EINVAL, assertThrows(VfioException.class, () -> target.set(MigrationState.ERROR)).errno());
        }
    }
}
