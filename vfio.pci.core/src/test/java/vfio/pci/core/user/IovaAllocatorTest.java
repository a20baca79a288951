// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.user;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.iova.IovaRange;

class IovaAllocatorTest {
    @Test
    void allocatedAddressesComeBackBySize() {
        IovaAllocator allocator = new IovaAllocator(IovaRange.without(List.of(IovaRange.MSI_WINDOW,
                new IovaRange(0x4000, 0xfedf_efffL))));
        assertEquals(0x1000, allocator.allocate(5000, 0x1000));
        assertEquals(0x3000, allocator.allocate(1, 0x1000));
        assertEquals(0xfedf_f000L, allocator.allocate(0x1000, 0x1000));
        assertEquals(0xfef0_0000L, allocator.allocate(0x1000, 0x1000));
        assertRefused(Errno.EINVAL, () -> allocator.free(0x1000, 0x1000));
        assertRefused(Errno.EINVAL, () -> allocator.free(0x2000, 0x1000));
        assertRefused(Errno.EINVAL, () -> allocator.free(0x8000, 0x1000));
        allocator.free(0x1000, 8192);
        assertRefused(Errno.EINVAL, () -> allocator.free(0x1000, 8192));
        assertEquals(0x1000, allocator.allocate(0x2000, 0x1000));
        assertRefused(Errno.EINVAL, () -> allocator.allocate(0, 0x1000));
        assertRefused(Errno.EINVAL, () -> allocator.allocate(-1, 0x1000));
        assertRefused(Errno.EINVAL, () -> allocator.allocate(1, 0x1800));
        assertRefused(Errno.EINVAL, () -> allocator.allocate(1, 1));
        assertEquals(1L << 62, allocator.allocate(1L << 62, 1L << 62));
        assertEquals(Long.MIN_VALUE, allocator.allocate(Long.MAX_VALUE - 0x1000, Long.MIN_VALUE));
        assertRefused(Errno.ENOSPC, () -> allocator.allocate(Long.MAX_VALUE - 0x1000, Long.MIN_VALUE));
    }

    private static void assertRefused(Errno errno, Executable act) {
        assertEquals(errno, assertThrows(VfioException.class, act).errno());
    }
}
