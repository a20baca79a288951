// SPDX-License-Identifier: Apache-2.0
package vfio.os.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import vfio.core.Errno;
import vfio.core.SharedMemory;
import vfio.core.VfioException;
import vfio.os.OpenFiles;

/** The service that buses take their memory from. */
class MemFdSourceTest {

    @Test
    void memoryHasANameAndADescriptor() {
        MemFdSource source = new MemFdSource();
        long before = OpenFiles.descriptors();
        try (SharedMemory memory = source.allocate("BAR 0 of a test", 8192)) {
            memory.window(0).putInt(4096, 7);
            assertEquals(8192, memory.size());
            assertEquals(7, memory.window(0).getInt(4096));
            assertEquals(1, OpenFiles.mappings("BAR 0 of a test"));
            assertEquals(before + 1, OpenFiles.descriptors());
        }
        assertEquals(before, OpenFiles.descriptors());
    }

    @Test
    void memoryThatCannotBeIsRefusedWithoutALeak() {
        long before = OpenFiles.descriptors();
        assertEquals(Errno.ENOMEM,
                assertThrows(VfioException.class, () -> new MemFdSource().allocate("too much", 1L << 60)).errno());
        assertEquals(before, OpenFiles.descriptors());
    }
}
