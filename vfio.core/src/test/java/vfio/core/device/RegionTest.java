// SPDX-License-Identifier: Apache-2.0
package vfio.core.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import vfio.core.Errno;
import vfio.core.SharedMemory;
import vfio.core.VfioException;
import vfio.core.driver.DriverWorker;
import vfio.core.info.RegionInfo;

class RegionTest {
    private static final int MEMORY = 0;
    private static final int DRIVERS = 1;
    private static final long BOTH = 0b11;

    private final TestDriver driver = new TestDriver();
    private final DriverWorker worker = new DriverWorker("acme", fault -> { });
    private final Registers registers = new Registers(64);
    private final DeviceSet.Registry sets = new DeviceSet.Registry();
    private VfioDevice device;

    /** A driver's region that remembers how it was reached. */
    private static class Registers implements RegionOperations {
        final ByteBuffer bytes;
        final List<String> pieces = new ArrayList<>();
        int flags = RegionInfo.READ | RegionInfo.WRITE;
        int widest = 8;
        boolean whole;
        Runnable onAccess = () -> { };
        int released;

        Registers(int size) {
            bytes = ByteBuffer.allocate(size);
        }

        @Override
        public long size() {
            return bytes.capacity();
        }

        @Override
        public int flags() {
            return flags;
        }

        @Override
        public int widest() {
            return widest;
        }

        @Override
        public boolean whole() {
            return whole;
        }

        @Override
        public long read(long position, int width) {
            pieces.add(position + "+" + width);
            onAccess.run();
            long value = 0;
            for (int i = width - 1; i >= 0; i--) {
                value = value << 8 | bytes.get((int) position + i) & 0xff;
            }
            return value;
        }

        @Override
        public void write(long position, int width, long value) {
            pieces.add(position + "+" + width);
            onAccess.run();
            for (int i = 0; i < width; i++) {
                bytes.put((int) position + i, (byte) (value >>> 8 * i));
            }
        }

        @Override
        public void release() {
            released++;
        }
    }

    private DeviceHandle open() {
        driver.regions.add(() -> registers);
        device = new VfioDevice("0000:01:00.0", sets, "key", driver, worker, Duration.ofSeconds(10), () -> { });
        return device.open(VfioUser.named("user"));
    }

    @AfterEach
    void leave() {
        worker.close();
    }

    private static Errno errno(Runnable act) {
        return assertThrows(VfioException.class, act::run).errno();
    }

    @Test
    @Tag("C4-15") @Tag("C4-17")
    void accessIsCutIntoTheWidestAlignedPieces() {
        Region region = open().region(DRIVERS);
        ByteBuffer all = ByteBuffer.allocate(22);
        assertEquals(22, region.read(1, all));
        assertEquals(List.of("1+1", "2+2", "4+4", "8+8", "16+4", "20+2", "22+1"), registers.pieces);
    }

    @Test
    void piecesAreNoWiderThanTheRegionAllows() {
        registers.widest = 2;
        Region region = open().region(DRIVERS);
        region.write64(8, 0x0807060504030201L);
        assertEquals(List.of("8+2", "10+2", "12+2", "14+2"), registers.pieces);
        assertEquals(0x0807060504030201L, region.read64(8));
        assertEquals(0x06050403, region.read32(10));
    }

    @Test
    void unalignedValuesComeTogetherInBothWays() {
        DeviceHandle handle = open();
        for (int index : new int[] {MEMORY, DRIVERS}) {
            Region region = handle.region(index);
            region.write32(3, 0x44332211);
            region.write16(9, (short) 0x6655);
            region.write8(11, (byte) 0x77);
            assertEquals(0x44332211, region.read32(3));
            assertEquals((short) 0x6655, region.read16(9));
            assertEquals((byte) 0x77, region.read8(11));
            assertEquals(0x4433_2211_00L, region.read64(2) & 0xff_ffff_ffffL);
            ByteBuffer bytes = ByteBuffer.allocate(10);
            assertEquals(10, region.read(2, bytes));
            assertEquals(0x11, bytes.get(1));
        }
    }

    @Test
    @Tag("C4-14")
    void bulkAccessIsCutAtTheEnd() {
        Region region = open().region(DRIVERS);
        ByteBuffer target = ByteBuffer.allocate(100);
        assertEquals(4, region.read(60, target));
        assertEquals(4, target.position());
        ByteBuffer source = ByteBuffer.allocate(100);
        assertEquals(4, region.write(60, source));
        assertEquals(96, source.remaining());
    }

    @Test
    @Tag("C4-2")
    void accessOfNothingDoesNothingAnywhere() {
        Region region = open().region(DRIVERS);
        assertEquals(0, region.read(-1, ByteBuffer.allocate(0)));
        assertEquals(0, region.write(1000, ByteBuffer.allocate(0)));
        assertEquals(List.of(), registers.pieces);
    }

    @Test
    @Tag("C4-13")
    void placesOutsideAreRefused() {
        DeviceHandle handle = open();
        for (int index : new int[] {MEMORY, DRIVERS}) {
            Region region = handle.region(index);
            long end = region.info().size();
            assertEquals(Errno.EINVAL, errno(() -> region.read32(end)));
            assertEquals(Errno.EINVAL, errno(() -> region.read32(end - 2)));
            assertEquals(Errno.EINVAL, errno(() -> region.read32(-4)));
            assertEquals(Errno.EINVAL, errno(() -> region.read32(Long.MAX_VALUE)));
            assertEquals(Errno.EINVAL, errno(() -> region.write64(Long.MIN_VALUE, 0)));
            assertEquals(Errno.EINVAL, errno(() -> region.read(end, ByteBuffer.allocate(1))));
        }
    }

    @Test
    void regionThatIsWholeRefusesWhatDoesNotFit() {
        registers.whole = true;
        Region region = open().region(DRIVERS);
        assertEquals(Errno.EFAULT, errno(() -> region.read(60, ByteBuffer.allocate(5))));
        assertEquals(Errno.EFAULT, errno(() -> region.read8(64)));
        assertEquals(0, region.read(64, ByteBuffer.allocate(0)));
        assertEquals(4, region.read(60, ByteBuffer.allocate(4)));
    }

    @Test
    void readOnlyRegionRefusesWrites() {
        registers.flags = RegionInfo.READ;
        Region region = open().region(DRIVERS);
        assertEquals(Errno.EINVAL, errno(() -> region.write8(0, (byte) 1)));
        assertEquals(0, region.read8(0));
        assertEquals("none of it can be written", refusal(() -> region.write8(16, (byte) 1)));
        assertEquals("it has 0x40 bytes", refusal(() -> region.read32(62)));
    }

    /** The part behind what was tried. */
    private static String refusal(Executable act) {
        return assertThrows(VfioException.class, act).sentence().replaceFirst(".*: ", "");
    }

    @Test
    @Tag("C3-18")
    void infoTellsOffsetFlagsAndSize() {
        DeviceHandle handle = open();
        assertEquals(new RegionInfo(0, RegionInfo.READ | RegionInfo.WRITE | RegionInfo.MMAP, 4096, 0, List.of()),
                handle.regionInfo(MEMORY));
        assertEquals(1L << 40, handle.regionInfo(DRIVERS).offset());
        assertEquals(Errno.EINVAL, errno(() -> handle.regionInfo(2)));
        assertEquals(Errno.EINVAL, errno(() -> handle.region(-1)));
        assertEquals(Errno.EINVAL, errno(() -> handle.map(DRIVERS)));
    }

    @Test
    void blockedRegionAnswersEioAndItsMappingsAllOnes() {
        DeviceHandle handle = open();
        Region memory = handle.region(MEMORY);
        Mapping before = handle.map(MEMORY);
        memory.write32(0, 7);
        device.block(BOTH);
        assertEquals(-1, before.read32(0));
        before.write32(0, 8);
        assertEquals(Errno.EIO, errno(() -> memory.read32(0)));
        assertEquals(Errno.EIO, errno(() -> handle.region(DRIVERS).read32(0)));
        Mapping during = handle.map(MEMORY);
        assertEquals(-1, during.read32(0));
        device.unblock(BOTH);
        assertEquals(7, before.read32(0));
        assertEquals(7, during.read32(0));
        assertEquals(7, memory.read32(0));
    }

    @Test
    void onlyTheRegionsNamedAreBlocked() {
        DeviceHandle handle = open();
        device.block(1);
        assertEquals(0, handle.region(DRIVERS).read32(0));
    }

    @Test
    void wokenRegionIsReadWithoutAnError() {
        DeviceHandle handle = open();
        device.block(BOTH);
        driver.onWake = index -> {
            device.unblock(1L << index);
            return true;
        };
        assertEquals(0, handle.region(DRIVERS).read32(0));
        assertEquals(Errno.EIO, errno(() -> {
            driver.onWake = index -> true;
            handle.region(MEMORY).read32(0);
        }));
    }

    @Test
    void blockAwaitsTheAccessInside() throws InterruptedException {
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        registers.onAccess = () -> {
            inside.countDown();
            TestDriver.hang(goOn);
        };
        Region region = open().region(DRIVERS);
        Thread reader = new Thread(() -> region.read8(0));
        reader.start();
        inside.await();
        Thread blocker = new Thread(() -> device.block(BOTH));
        blocker.start();
        assertTrue(blocker.isAlive());
        goOn.countDown();
        blocker.join();
        reader.join();
    }

    @Test
    void whatADriverThrowsReachesTheUserAsText() {
        Region region = open().region(DRIVERS);
        registers.onAccess = () -> {
            throw new IllegalStateException("no luck");
        };
        VfioException e = assertThrows(VfioException.class, () -> region.read32(0));
        assertEquals(Errno.EIO, e.errno());
        assertTrue(e.getMessage().contains("no luck"), e.getMessage());
        registers.onAccess = () -> {
            throw new VfioException(Errno.EAGAIN, "later");
        };
        assertEquals(Errno.EAGAIN, errno(() -> region.write32(0, 1)));
    }

    @Test
    void staleRegionAnswersEnodevAndKeepsNothingOfTheDriver() {
        DeviceHandle handle = open();
        Region memory = handle.region(MEMORY);
        Region drivers = handle.region(DRIVERS);
        handle.close();
        assertEquals(Errno.ENODEV, errno(() -> memory.read32(0)));
        assertEquals(Errno.ENODEV, errno(() -> drivers.read32(0)));
        assertEquals(Errno.ENODEV, errno(() -> drivers.map(0, 4096)));
        assertEquals(Errno.ENODEV, errno(handle::info));
        assertEquals(1, registers.released);
        assertEquals(List.of(), registers.pieces);
    }

    @Test
    void closeAwaitsTheAccessInside() throws InterruptedException {
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        AtomicReference<Integer> closes = new AtomicReference<>();
        registers.onAccess = () -> {
            inside.countDown();
            TestDriver.hang(goOn);
            closes.set(driver.closes.get());
        };
        DeviceHandle handle = open();
        Region region = handle.region(DRIVERS);
        Thread reader = new Thread(() -> region.read8(0));
        reader.start();
        inside.await();
        Thread closer = new Thread(handle::close);
        closer.start();
        goOn.countDown();
        closer.join();
        reader.join();
        assertEquals(0, closes.get());
        assertEquals(1, driver.closes.get());
    }

    @Test
    void answersThatNoRegionCanHaveRefuseTheOpen() {
        registers.widest = 3;
        assertEquals(Errno.EINVAL, errno(this::open));
        assertEquals(1, driver.closes.get());
        assertFalse(device.inUse());
    }

    @Test
    @Tag("C4-20")
    void partOfMemoryIsKeptFromReadersAndWriters() {
        TestMemory memory = new TestMemory(4096);
        driver.regions.set(0, () -> new MemoryRegion(memory, List.of(), 16, 32));
        DeviceHandle handle = open();
        Region region = handle.region(MEMORY);
        region.write64(8, 0x1111_1111_1111_1111L);
        region.write64(16, 0);
        region.write32(30, 0x22222222);
        assertEquals(0x1111_1111_1111_1111L, region.read64(8));
        assertEquals(-1, region.read64(16));
        assertEquals(-1, region.read64(24));
        assertEquals(0x2222, region.read16(32));
        assertEquals(0x2222ffff, region.read32(30));
        assertEquals(0, handle.map(MEMORY).read64(16));
    }

    @Test
    @Tag("C4-36")
    @Tag("C4-37")
    void mapsAPart() {
        DeviceHandle handle = open();
        handle.region(MEMORY).write32(2048, 5);
        driver.memory.window(0);
        assertEquals(Errno.EINVAL, errno(() -> handle.region(MEMORY).map(2048, 2048)));
        assertEquals(Errno.EINVAL, errno(() -> handle.region(MEMORY).map(0, 4097)));
        assertEquals(Errno.EINVAL, errno(() -> handle.region(MEMORY).map(0, 0)));
        assertEquals(Errno.EINVAL, errno(() -> handle.region(MEMORY).map(-4096, 4096)));
        assertEquals(5, handle.region(MEMORY).map(0, 4096).read32(2048));
    }

    @Test
    @Tag("C4-40")
    void flagWithoutMemoryIsNotShownAndNotMapped() {
        registers.flags = RegionInfo.READ | RegionInfo.WRITE | RegionInfo.MMAP;
        DeviceHandle handle = open();
        assertEquals(RegionInfo.READ | RegionInfo.WRITE, handle.regionInfo(DRIVERS).flags());
        assertEquals(Errno.EINVAL, errno(() -> handle.region(DRIVERS).map(0, 64)));
    }

    @Test
    void regionHasMemoryOfTheProcess() {
        driver.regions.set(0, () -> new MemoryRegion(SharedMemory.ofProcess(8192)));
        DeviceHandle handle = open();
        Mapping mapping = handle.map(MEMORY);
        assertEquals(8192, mapping.size());
        mapping.write64(8184, -2);
        assertEquals(0, mapping.read64(0));
        assertEquals(-2, handle.region(MEMORY).read64(8184));
        assertEquals(Errno.EINVAL, errno(() -> SharedMemory.ofProcess(0)));
        assertEquals(Errno.EINVAL, errno(() -> SharedMemory.ofProcess(Long.MIN_VALUE)));
    }
}
