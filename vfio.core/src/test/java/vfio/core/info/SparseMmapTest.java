// SPDX-License-Identifier: Apache-2.0
package vfio.core.info;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.device.DeviceHandle;
import vfio.core.device.DeviceSet;
import vfio.core.device.MemoryRegion;
import vfio.core.device.Region;
import vfio.core.device.TestDriver;
import vfio.core.device.TestMemory;
import vfio.core.device.VfioDevice;
import vfio.core.device.VfioUser;
import vfio.core.driver.DriverWorker;

class SparseMmapTest {
    private static final int PAGE = 4096;
    private static final int PAGES = 8;

    private final TestMemory memory = new TestMemory(PAGES * PAGE);
    private List<InfoCapability> capabilities = List.of();

    private DeviceHandle open() {
        TestDriver driver = new TestDriver();
        driver.regions.set(0, () -> new MemoryRegion(memory, capabilities, 0, 0));
        DriverWorker worker = new DriverWorker("acme", fault -> { });
        return new VfioDevice("0000:01:00.0", new DeviceSet.Registry(), "key", driver, worker, Duration.ofSeconds(10),
                worker::close).open(VfioUser.named("user"));
    }

    private DeviceHandle open(RegionPart... areas) {
        capabilities = List.of(new SparseMmap(areas).capability());
        return open();
    }

    private static VfioException refused(Runnable act) {
        VfioException refused = assertThrows(VfioException.class, act::run);
        assertEquals(Errno.EINVAL, refused.errno(), refused::getMessage);
        return refused;
    }

    @Test
    @Tag("C3-23")
    void layoutIsTheKernels() {
        DeviceHandle handle = open(new RegionPart(0, PAGE), new RegionPart(2 * PAGE, 3 * PAGE));
        ByteBuffer bytes = handle.regionInfo(0).encode(1024);
        assertEquals(RegionInfo.READ | RegionInfo.WRITE | RegionInfo.MMAP | RegionInfo.CAPS, bytes.getInt(4));
        int at = bytes.getInt(12);
        assertEquals(1, bytes.getShort(at), "id");
        assertEquals(1, bytes.getShort(at + 2), "version");
        assertEquals(2, bytes.getInt(at + 8), "nr_areas");
        assertEquals(0, bytes.getInt(at + 12), "reserved");
        assertEquals(List.of(0L, 4096L, 8192L, 12288L), List.of(bytes.getLong(at + 16), bytes.getLong(at + 24),
                bytes.getLong(at + 32), bytes.getLong(at + 40)));
        assertEquals(at + 48, bytes.limit());
        assertEquals(Optional.of(new SparseMmap(new RegionPart(0, PAGE), new RegionPart(2 * PAGE, 3 * PAGE))),
                SparseMmap.of(RegionInfo.decode(bytes)));
    }

    @Test
    void onlyTheAreasAreMapped() {
        DeviceHandle handle = open(new RegionPart(PAGE, PAGE), new RegionPart(4 * PAGE, 2 * PAGE));
        Region region = handle.region(0);
        region.write32(PAGE, 1);
        region.write32(5 * PAGE, 5);
        assertEquals(1, region.map(PAGE, PAGE).read32(0));
        assertEquals(5, region.map(4 * PAGE, 2 * PAGE).read32(PAGE));
        assertEquals(5, region.map(5 * PAGE, 4).read32(0));
        refused(() -> region.map(0, PAGE));
        refused(() -> region.map(PAGE, PAGE + 1));
        refused(() -> region.map(5 * PAGE, 2 * PAGE));
        refused(() -> region.map(PAGE + 8, 8));
        String why = refused(() -> handle.map(0)).getMessage();
        assertTrue(why.contains("4096 bytes at 4096, 8192 bytes at 16384"), why);
    }

    /** What cannot be mapped is there all the same: a driver has a reason to see those accesses. */
    @Test
    void whatIsNotMappedIsReadAndWritten() {
        Region region = open(new RegionPart(PAGE, PAGE)).region(0);
        region.write32(8, 7);
        assertEquals(7, region.read32(8));
        assertEquals(7, memory.window(0).order(ByteOrder.LITTLE_ENDIAN).getInt(8));
        assertEquals(3, region.write(PAGES * PAGE - 3, ByteBuffer.allocate(8)));
    }

    @Test
    void regionWithoutAreasCannotBeMapped() {
        DeviceHandle handle = open();
        handle.map(0);
        DeviceHandle sparse = open(new RegionPart[0]);
        refused(() -> sparse.region(0).map(0, PAGE));
        refused(() -> open(new RegionPart(PAGE, 0)).region(0).map(PAGE, PAGE));
    }

    /** Any page that some area has can be mapped with those beside it that one has, and no other. */
    @Property(tries = 300)
    void mappingIsAllowedWhereEachPageIsInAnArea(
            @ForAll @Size(max = 4) List<@IntRange(max = PAGES * PAGES - 1) Integer> areas,
            @ForAll @IntRange(max = PAGES) int first, @ForAll @IntRange(min = 1, max = PAGES) int count) {
        BitSet covered = new BitSet();
        List<RegionPart> parts = new ArrayList<>();
        for (int area : areas) {
            int begin = area / PAGES;
            int length = Math.min(area % PAGES, PAGES - begin);
            parts.add(new RegionPart((long) begin * PAGE, (long) length * PAGE));
            covered.set(begin, begin + length);
        }
        Region region = open(parts.toArray(RegionPart[]::new)).region(0);
        if (covered.nextClearBit(first) >= first + count) {
            assertEquals((long) count * PAGE, region.map((long) first * PAGE, (long) count * PAGE).size());
        } else {
            refused(() -> region.map((long) first * PAGE, (long) count * PAGE));
        }
    }

    @ParameterizedTest
    @CsvSource({"1,4096", "0,4095", "4096,1", "32768,4096", "28672,4097", "28672,8192", "-4096,4096", "0,-4096",
        "4096,9223372036854775807", "9223372036854771712,4096"})
    void areasThatCannotBeRefuseTheOpen(long offset, long size) {
        String why = refused(() -> open(new RegionPart(0, PAGE), new RegionPart(offset, size))).getMessage();
        assertTrue(why.contains("SPARSE_MMAP has " + size + " bytes at " + offset), why);
    }

    /** A header says nothing of its payload's length: what a driver counts is not believed. */
    @ParameterizedTest
    @CsvSource({"4,0", "8,1", "23,1", "24,2", "40,-1", "40,268435457"})
    void payloadShorterThanItsAreasRefusesTheOpen(int length, int count) {
        ByteBuffer payload = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN).putInt(0, count);
        capabilities = List.of(new InfoCapability(RegionInfo.CAP_SPARSE_MMAP, 1, payload));
        refused(this::open);
    }

    @Test
    void areasToldTwiceRefuseTheOpen() {
        InfoCapability one = new SparseMmap(new RegionPart(0, PAGE)).capability();
        capabilities = List.of(one, one);
        refused(this::open);
    }

    /** The kernel's own end where their size does. */
    @Test
    void lastAreaMayEndWithTheRegion() {
        TestDriver driver = new TestDriver();
        TestMemory odd = new TestMemory(PAGE + 100);
        capabilities = List.of(new SparseMmap(new RegionPart(PAGE, 100)).capability());
        driver.regions.set(0, () -> new MemoryRegion(odd, capabilities, 0, 0));
        DriverWorker worker = new DriverWorker("acme", fault -> { });
        DeviceHandle handle = new VfioDevice("x", new DeviceSet.Registry(), "key", driver, worker, Duration.ofSeconds(10),
                worker::close).open(VfioUser.named("user"));
        assertEquals(100, handle.region(0).map(PAGE, 100).size());
        refused(() -> handle.region(0).map(PAGE, 101));
        refused(() -> handle.region(0).map(0, 8));
    }

    @Test
    void emptyListIsEightBytes() {
        byte[] payload = new byte[8];
        new SparseMmap(List.of()).capability().payload().get(payload);
        assertArrayEquals(new byte[8], payload);
    }
}
