// SPDX-License-Identifier: Apache-2.0
package vfio.core.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.driver.DriverWorker;
import vfio.core.info.RegionPart;

class WindowsTest {
    private final DriverWorker worker = new DriverWorker("acme", fault -> { });
    private final TestMemory memory = new TestMemory(64);

    private DeviceHandle open(boolean whole, RegionPart... windows) {
        TestDriver driver = new TestDriver();
        driver.regions.set(0, () -> new ForwardingRegion(new MemoryRegion(memory)) {
            @Override
            public boolean whole() {
                return whole;
            }

            @Override
            public List<RegionPart> windows() {
                return List.of(windows);
            }
        });
        return new VfioDevice("0000:01:00.0", new DeviceSet.Registry(), "key", driver, worker, Duration.ofSeconds(10),
                () -> { }).open(VfioUser.named("user"));
    }

    private Region region() {
        return open(false, new RegionPart(8, 8), new RegionPart(32, 4)).region(0);
    }

    @AfterEach
    void leave() {
        worker.close();
    }

    private static Errno errno(Runnable act) {
        return assertThrows(VfioException.class, act::run).errno();
    }

    /** Position, count, how many are there. */
    @ParameterizedTest
    @CsvSource({"8,4,4", "8,8,8", "8,9,8", "15,2,1", "12,64,4", "32,32,4", "35,1,1", "0,0,0", "100,0,0"})
    void accessIsCutAtTheEndOfItsWindow(long position, int count, int there) {
        assertEquals(there, region().read(position, ByteBuffer.allocate(count)));
        assertEquals(there, region().write(position, ByteBuffer.allocate(count)));
    }

    @ParameterizedTest
    @CsvSource({"0", "7", "16", "31", "36", "63", "64", "-1"})
    void betweenWindowsIsEinval(long position) {
        assertEquals(Errno.EINVAL, errno(() -> region().read(position, ByteBuffer.allocate(16))));
        assertEquals(Errno.EINVAL, errno(() -> region().write8(position, (byte) 0)));
    }

    @Test
    void valueThatLeavesItsWindowIsRefused() {
        assertEquals(Errno.EINVAL, errno(() -> region().read32(14)));
        assertEquals(Errno.EINVAL, errno(() -> region().write64(32, 1)));
    }

    @Test
    void regionThatIsWholeRefusesWhatLeavesItsWindow() {
        Region region = open(true, new RegionPart(8, 8)).region(0);
        assertEquals(Errno.EFAULT, errno(() -> region.read(12, ByteBuffer.allocate(8))));
        assertEquals(4, region.read(12, ByteBuffer.allocate(4)));
    }

    @ParameterizedTest
    @CsvSource({"0,65", "60,8", "-1,4", "0,0", "8,-8"})
    void windowsThatCannotBeRefuseTheOpen(long offset, long size) {
        assertEquals(Errno.EINVAL, errno(() -> open(false, new RegionPart(offset, size))));
    }
}
