// SPDX-License-Identifier: Apache-2.0
package vfio.iommu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static vfio.iommu.Refusals.refused;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import vfio.core.Errno;
import vfio.core.SharedMemory;
import vfio.core.dma.DmaBuffer;
import vfio.core.dma.LockedMemory;

class DmaBufferTest {
    static final long LARGEST = 1L << 46;

    private final LockedMemory limit = LockedMemory.unlimited();

    @Test
    void closingWithMappingsDefersTheFree() {
        OwnedMemory memory = new OwnedMemory(8192);
        DmaBuffer buffer = new DmaBuffer(memory);
        PinnedPages first = PinnedPages.pin(buffer, 0, 4096, true, limit);
        PinnedPages second = PinnedPages.pin(buffer, 4096, 4096, true, limit);
        buffer.close();
        buffer.close();
        assertFalse(buffer.view().live());
        assertFalse(memory.freed());
        first.release();
        assertFalse(memory.freed());
        second.share();
        second.release();
        assertFalse(memory.freed());
        second.release();
        assertTrue(memory.freed());
        assertEquals(0, limit.locked());
        refused(Errno.EFAULT, () -> PinnedPages.pin(buffer, 0, 4096, false, limit));
    }

    @Test
    void withoutMappingsItIsFreedAtOnce() {
        OwnedMemory memory = new OwnedMemory(8192);
        DmaBuffer buffer = new DmaBuffer(memory);
        PinnedPages.pin(buffer, 0, 4096, true, limit).release();
        assertFalse(memory.freed());
        buffer.close();
        assertTrue(memory.freed());
    }

    /** Memory as hostile code might give it. */
    private record Odd(long size, ByteBuffer window) implements SharedMemory {
        @Override
        public ByteBuffer window(int index) {
            return window;
        }

        @Override
        public void close() {
        }
    }

    @Test
    void memoryThatIsNotWhatItStatesIsRefused() {
        ByteBuffer page = ByteBuffer.allocateDirect(4096);
        refused(Errno.ENOMEM, () -> new DmaBuffer(new Odd(0, page)));
        refused(Errno.ENOMEM, () -> new DmaBuffer(new Odd(-1, page)));
        refused(Errno.ENOMEM, () -> new DmaBuffer(new Odd(LARGEST + 1, page)));
        refused(Errno.EFAULT, () -> new DmaBuffer(new Odd(4097, page)));
        refused(Errno.EFAULT, () -> new DmaBuffer(new Odd(4096, null)));
        refused(Errno.EFAULT, () -> new DmaBuffer(new Odd(4096, ByteBuffer.allocate(4096))));
        refused(Errno.EFAULT, () -> new DmaBuffer(new Odd(SharedMemory.WINDOW + 1, page)));
    }

    @Test
    void readOnlyMemoryIsNotMappedForWriting() {
        DmaBuffer buffer = new DmaBuffer(new Odd(4096, ByteBuffer.allocateDirect(4096).asReadOnlyBuffer()));
        refused(Errno.EFAULT, () -> PinnedPages.pin(buffer, 0, 4096, true, limit));
        PinnedPages.pin(buffer, 0, 4096, false, limit).release();
    }
}
