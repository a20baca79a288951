// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.os.Kernel;
import vfio.pci.core.bus.HostDevice;
import vfio.pci.core.id.HotResetInfo;
import vfio.pci.core.id.PciAddress;

/** Hot reset as the kernel gets it: the groups that prove what is ours, each once. */
class KernelHotResetTest {
    private final FakeVfio vfio = new FakeVfio();
    private final Kernel kernel = new Kernel(vfio.calls());
    private final HostGroups groups = new HostGroups(() -> kernel, FakeVfio.FOLDER);
    private final HostDevice one = groups.open(PciAddress.parse("0000:01:00.0"), 7);
    private final HostDevice two = groups.open(PciAddress.parse("0000:01:00.1"), 7);
    private final HostDevice other = groups.open(PciAddress.parse("0000:01:00.2"), 8);

    @AfterEach
    void nothingStaysOpen() {
        List.of(one, two, other).forEach(HostDevice::close);
        assertEquals(List.of(), vfio.open());
    }

    @Test
    void infoHasEveryFunction() {
        vfio.onHotReset = struct -> {
            struct.putInt(8, 2).putInt(12, 7).putShort(16, (short) 0).put(18, (byte) 1).put(19, (byte) 0);
            struct.putInt(20, 8).putShort(24, (short) 0).put(26, (byte) 1).put(27, (byte) 0xa);
            return 0;
        };
        HotResetInfo info = one.hotResetInfo();
        assertEquals(List.of("0000:01:00.0", "0000:01:01.2"),
                info.dependents().stream().map(all -> all.address().toString()).toList());
        assertEquals(List.of(7, 8), info.dependents().stream().map(HotResetInfo.Dependent::id).toList());
    }

    @Test
    void busWithoutResetSaysWhy() {
        vfio.onHotReset = struct -> -Errno.ENODEV.number();
        VfioException refused = assertThrows(VfioException.class, one::hotResetInfo);
        assertEquals(Errno.ENODEV, refused.errno());
        assertTrue(refused.getMessage().contains("root bus"), refused.getMessage());
    }

    @Test
    void groupsAreNamedOnce() {
        vfio.onHotReset = struct -> {
            assertEquals(struct.capacity(), struct.getInt(0));
            assertEquals(List.of("7", "8"), IntStream.range(0, struct.getInt(8))
                    .mapToObj(i -> vfio.name(struct.getInt(12 + 4 * i))).toList());
            return 0;
        };
        one.hotReset(List.of(one, two, other));
        vfio.onHotReset = struct -> struct.getInt(8) == 0 ? -Errno.EINVAL.number() : 0;
        assertEquals(Errno.EINVAL, assertThrows(VfioException.class, () -> one.hotReset(List.of())).errno());
    }
}
