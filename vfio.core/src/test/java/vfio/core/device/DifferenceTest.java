// SPDX-License-Identifier: Apache-2.0
package vfio.core.device;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import vfio.core.info.DeviceInfo;
import vfio.core.info.InfoCapability;
import vfio.core.info.IrqInfo;
import vfio.core.info.RegionInfo;
import vfio.core.info.RegionPart;
import vfio.core.migration.MigrationFlags;

/** Each fact that differs is named with both values, and no other one. */
class DifferenceTest {
    private static final DeviceInfo DEVICE = new DeviceInfo(DeviceInfo.RESET, 9, 5, List.of());
    private static final RegionInfo REGION = region(RegionInfo.READ, 4096);
    private static final IrqInfo IRQS = new IrqInfo(1, IrqInfo.EVENTFD, 4);

    private static RegionInfo region(int flags, long size, InfoCapability... capabilities) {
        return new RegionInfo(9, flags, size, 1 << 20, List.of(capabilities));
    }

    private static Optional<String> of(RegionInfo now, RegionInfo then) {
        return Difference.of("region 9", now, then);
    }

    private static Optional<String> of(IrqInfo then) {
        return Difference.of("interrupts of index 1", IRQS, then);
    }

    private static Arguments row(String said, Optional<String> difference) {
        return Arguments.of(said, difference);
    }

    private static Stream<Arguments> differences() {
        InfoCapability one = new InfoCapability(2, 1, (byte) 1, (byte) 0xab);
        InfoCapability large = new InfoCapability(2, 1, new byte[33]);
        return Stream.of(
                row("the number of regions of the device would change from 9 to 10",
                        Difference.of(DEVICE, new DeviceInfo(1, 10, 4, List.of()))),
                row("the number of interrupt indices of the device would change from 5 to 4",
                        Difference.of(DEVICE, new DeviceInfo(1, 9, 4, List.of()))),
                row("the flags of the device would change from RESET to RESET and PCI",
                        Difference.of(DEVICE, new DeviceInfo(3, 9, 5, List.of()))),
                row("capability 1 of the device would change from none to id 2 version 1 bytes 01ab",
                        Difference.of(DEVICE, new DeviceInfo(1, 9, 5, List.of(one)))),
                row("the size of region 9 would change from 4096 to 8192", of(REGION, region(7, 8192))),
                row("the flags of region 9 would change from READ to READ and WRITE", of(REGION, region(3, 4096))),
                row("the flags of region 9 would change from READ to none", of(REGION, region(0, 4096))),
                row("the flags of region 9 would change from READ to bit 9", of(REGION, region(1 << 9, 4096))),
                row("capability 2 of region 9 would change from id 2 version 1 bytes 01ab to none",
                        of(region(1, 4096, one, one), region(1, 4096, one))),
                row("capability 1 of region 9 would change from id 2 version 1 bytes 01ab to id 2 version 1 bytes "
                        + "00".repeat(32) + "… of 33", of(region(1, 4096, one), region(1, 4096, large))),
                row("the offset of region 9 would change from 1048576 to 0",
                        of(REGION, new RegionInfo(9, 1, 4096, 0, List.of()))),
                row("the number of interrupts of index 1 would change from 4 to 2", of(new IrqInfo(1, 3, 2))),
                row("the flags of interrupts of index 1 would change from EVENTFD to EVENTFD and MASKABLE",
                        of(new IrqInfo(1, 3, 4))),
                row("the index in the info of interrupts of index 1 would change from 1 to 2", of(new IrqInfo(2, 1, 4))),
                row("whether there are interrupts of index 1 would change from yes to no", of((IrqInfo) null)),
                row("whether the driver migrates the device would change from no to yes",
                        Difference.of((MigrationFlags) null, new MigrationFlags(true, true))),
                row("the flags of the device's migration would change from STOP_COPY to STOP_COPY and PRE_COPY",
                        Difference.of(new MigrationFlags(false, false), new MigrationFlags(false, true))),
                row("the windows would change from none to 0 to 8 and 16 to 32",
                        Difference.of("the windows", List.of(), List.of(new RegionPart(0, 8), new RegionPart(16, 16)))));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("differences")
    void isSaidInWordsWithBothValues(String said, Optional<String> difference) {
        assertEquals(Optional.of(said), difference);
    }

    @Test
    void whatIsTheSameIsNoDifference() {
        assertEquals(Optional.empty(), Difference.of(DEVICE, new DeviceInfo(DeviceInfo.RESET, 9, 5, List.of())));
        assertEquals(Optional.empty(), of(REGION, region(RegionInfo.READ, 4096)));
        assertEquals(Optional.empty(), of(new IrqInfo(1, IrqInfo.EVENTFD, 4)));
        assertEquals(Optional.empty(), Difference.of("interrupts of index 2", (IrqInfo) null, null));
        assertEquals(Optional.empty(), Difference.of((MigrationFlags) null, null));
    }
}
