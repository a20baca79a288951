// SPDX-License-Identifier: Apache-2.0
package vfio.os;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;
import vfio.core.Errno;
import vfio.core.SharedMemory;
import vfio.core.VfioException;
import vfio.core.device.Mapping;
import vfio.core.info.RegionPart;
import vfio.os.call.SystemCalls;
import vfio.os.internal.libc.NativeCalls;

/** Memory that is mapped, shared, sealed and taken away, on this host's kernel. */
class MemoryTest {
    private static final int PAGE = 4096;
    private static final int F_GET_SEALS = 1034;

    private final SystemCalls calls = new NativeCalls();
    private final Kernel kernel = new Kernel(calls);

    private static Errno errno(Runnable act) {
        return assertThrows(VfioException.class, act::run).errno();
    }

    @Test
    void memoryIsSharedThroughItsDescriptor() {
        try (MemFd memory = kernel.memory("shared", 3 * PAGE)) {
            SharedMemory other = memory.fd().map(PAGE, PAGE, true, true);
            memory.window(0).putInt(PAGE + 8, 0x12345678);
            assertEquals(0x12345678, other.window(0).getInt(8));
            other.close();
        }
    }

    @Test
    void memoryCannotBeResizedByAnyone() {
        try (MemFd memory = kernel.memory("sealed", PAGE)) {
            int number = memory.fd().enter();
            assertEquals(7, calls.fcntl(number, F_GET_SEALS, 0));
            assertEquals(-Errno.EPERM.number(), calls.ftruncate(number, 0));
            assertEquals(-Errno.EPERM.number(), calls.ftruncate(number, 2 * PAGE));
            memory.fd().leave();
        }
    }

    @Test
    void memoryBeyondAWindowIsReached() {
        long size = SharedMemory.WINDOW + PAGE;
        try (MemFd memory = kernel.memory("large", size)) {
            Mapping mapping = new Mapping(memory);
            mapping.write64(SharedMemory.WINDOW, 42);
            mapping.write32(SharedMemory.WINDOW - 4, 43);
            assertEquals(42, mapping.read64(SharedMemory.WINDOW));
            assertEquals(43, mapping.read32(SharedMemory.WINDOW - 4));
            assertEquals(PAGE, memory.window(1).capacity());
        }
    }

    @Test
    void sizesThatAreNoneAreRefused() {
        assertEquals(Errno.EINVAL, errno(() -> kernel.memory("none", 0)));
        assertEquals(Errno.EINVAL, errno(() -> kernel.memory("none", -1)));
        try (MemFd memory = kernel.memory("one", PAGE)) {
            assertEquals(Errno.EINVAL, errno(() -> memory.fd().map(0, 0, true, true)));
            assertEquals(Errno.EINVAL, errno(() -> memory.fd().map(1, PAGE, true, true)), "not on a page");
        }
    }

    @Test
    void pagesThatAreTakenAwayReadAllOnesInEveryWindow() {
        try (MemFd memory = kernel.memory("taken", 8 << 20)) {
            SharedMemory pages = memory.fd().map(0, 8 << 20, true, true);
            ByteBuffer window = pages.window(0);
            Mapping mapping = new Mapping(pages);
            window.putLong(0, 1);
            window.putLong((8 << 20) - 8, 2);
            pages.close();
            assertEquals(-1, window.getLong(0));
            assertEquals(-1, window.getLong((8 << 20) - 8));
            assertEquals(-1, window.getLong((2 << 20) + 16));
            assertEquals(-1, mapping.read32(4));
            mapping.write32(4, 5);
            assertEquals(1, memory.window(0).getLong(0), "what is written afterwards does not reach the file");
            pages.close();
        }
    }

    @Test
    void partsOfAFileStandBetweenOnes() {
        try (MemFd memory = kernel.memory("parts", 4 * PAGE)) {
            memory.window(0).putInt(PAGE, 1).putInt(2 * PAGE, 2).putInt(3 * PAGE, 3);
            SharedMemory pages = memory.fd().map(PAGE, 3 * PAGE, List.of(new RegionPart(PAGE, PAGE)), true, true);
            assertEquals(-1, pages.window(0).getInt(0));
            assertEquals(2, pages.window(0).getInt(PAGE));
            assertEquals(-1, pages.window(0).getInt(2 * PAGE));
            pages.close();
            for (RegionPart outside : List.of(new RegionPart(-PAGE, PAGE), new RegionPart(PAGE, 3 * PAGE),
                    new RegionPart(0, 0), new RegionPart(1, PAGE), new RegionPart(0, Long.MAX_VALUE))) {
                assertEquals(Errno.EINVAL, errno(() -> memory.fd().map(0, 3 * PAGE, List.of(outside), true, true)));
            }
        }
    }

    @Test
    void pagesThatAreTakenAwayDoNotKeepTheFileOpen() {
        MemFd memory = kernel.memory("kept by nobody", PAGE);
        SharedMemory pages = memory.fd().map(0, PAGE, true, true);
        assertEquals(2, OpenFiles.mappings("kept by nobody"));
        pages.close();
        assertEquals(1, OpenFiles.mappings("kept by nobody"));
        assertEquals(-1, pages.window(0).getInt(0));
        memory.close();
    }

    @Test
    void unreachableMemoryIsUnmappedAndReachableMemoryIsNot() {
        ByteBuffer kept = windowOf("held by a window");
        dropped();
        await().until(() -> {
            System.gc();
            return OpenFiles.mappings("held by nobody") == 0;
        });
        assertEquals(1, OpenFiles.mappings("held by a window"));
        assertEquals(7, kept.getInt(0));
    }

    private ByteBuffer windowOf(String name) {
        try (MemFd memory = kernel.memory(name, PAGE)) {
            memory.window(0).putInt(0, 7);
            return memory.window(0).duplicate().order(java.nio.ByteOrder.LITTLE_ENDIAN); // a view keeps it too
        }
    }

    private void dropped() {
        windowOf("held by nobody");
        assertEquals(1, OpenFiles.mappings("held by nobody"));
    }

    @Test
    void manyMappingsLeaveNoDescriptor() {
        long before = OpenFiles.descriptors();
        for (int i = 0; i < 100; i++) {
            try (MemFd memory = kernel.memory("many", PAGE)) {
                memory.fd().map(0, PAGE, true, true).close();
            }
        }
        assertEquals(before, OpenFiles.descriptors());
    }
}
