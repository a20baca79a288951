// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.function;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import vfio.core.Errno;
import vfio.core.EventCounter;
import vfio.core.VfioException;
import vfio.core.device.DeviceHandle;
import vfio.core.device.Region;
import vfio.pci.core.fake.FakeCard;

/** Registers that are written at each event of a signal. */
class WriteAtSignalTest {
    private final FakeCard function = new FakeCard();
    private final BoundFunction bound = new BoundFunction(function);

    @AfterEach
    void end() {
        bound.close();
    }

    private static Errno errno(Runnable act) {
        return assertThrows(VfioException.class, act::run).errno();
    }

    @Test
    @Tag("C4-48")
    @Tag("C4-54")
    @Tag("C4-55")
    @Tag("C4-56")
    @Tag("C4-58")
    void registerIsWrittenAtEachSignal() {
        DeviceHandle handle = bound.open();
        for (int width : new int[] {1, 2, 4, 8}) {
            EventCounter signal = new EventCounter();
            long value = 0x1122334455667788L & -1L >>> 64 - 8 * width;
            handle.ioEvent(0, 64, width, value, signal);
            assertEquals(Errno.EEXIST, errno(() -> handle.ioEvent(0, 64, width, value, new EventCounter())));
            signal.signal();
            assertEquals(value, handle.region(0).read64(64));
            handle.region(0).write64(64, 0);
            handle.ioEvent(0, 64, width, value, null);
            signal.signal();
            assertEquals(0, handle.region(0).read64(64));
            assertEquals(Errno.ENODEV, errno(() -> handle.ioEvent(0, 64, width, value, null)));
        }
        EventCounter last = new EventCounter();
        handle.ioEvent(0, 64, 4, 7, last);
        handle.close();
        last.signal();
        assertEquals(0, bound.open().region(0).read64(64));
    }

    /** Region, offset, width. */
    @ParameterizedTest
    @CsvSource({"6,0,4", "7,0,4", "8,0,4", "9,0,4", "-1,0,4", "0,0,0", "0,0,3", "0,0,16", "0,8192,1", "0,8188,8", "0,-4,4",
            "0,2,4", "0,1,2", "2,2048,4", "2,2104,8", "4,0,8", "1,0,4"})
    @Tag("C4-46")
    @Tag("C4-47")
    @Tag("C4-49")
    @Tag("C4-51")
    @Tag("C4-52")
    @Tag("C4-53")
    void placesThatCannotBeWrittenAtASignalAreEinval(int region, long offset, int width) {
        DeviceHandle handle = bound.open();
        assertEquals(Errno.EINVAL, errno(() -> handle.ioEvent(region, offset, width, 1, new EventCounter())));
    }

    @Test
    @Tag("C4-57")
    void thousandSignalsThatWriteAreAllThereCanBe() {
        DeviceHandle handle = bound.open();
        EventCounter signal = new EventCounter();
        for (int value = 0; value < 1000; value++) {
            handle.ioEvent(0, 0, 4, value, signal);
        }
        assertEquals(Errno.ENOSPC, errno(() -> handle.ioEvent(0, 0, 4, 1000, signal)));
    }

    @Test
    void signalWritesNothingWhileMemoryIsDisabled() {
        DeviceHandle handle = bound.open();
        EventCounter signal = new EventCounter();
        handle.ioEvent(0, 0, 4, 7, signal);
        handle.region(7).write16(4, (short) 1);
        signal.signal();
        handle.region(7).write16(4, (short) 3);
        assertEquals(0, handle.region(0).read32(0));
    }
}
