// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static vfio.hardware.emulated.internal.Buses.at;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import vfio.core.Errno;
import vfio.core.SharedMemory;
import vfio.core.VfioException;
import vfio.core.device.Mapping;
import vfio.hardware.emulated.internal.function.EmulatedFunction;
import vfio.pci.core.bus.PciFunction.Bar;

class BarMemoryTest {
    private static final long GIB = 1L << 30;
    @TempDir
    Path directory;
    private EmulatedBus bus;

    @BeforeEach
    void start() {
        bus = Buses.empty(directory);
    }

    @AfterEach
    void stop() {
        bus.deactivate();
    }

    private EmulatedFunction plug(Bar... bars) {
        return bus.plug(Buses.nic("00:04.0", bars));
    }

    private static int count(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return (int) files.count();
        }
    }

    @Test
    void twoMappingsSeeTheSameMemory() {
        EmulatedFunction f = plug(new Bar(0, 1 << 20, false, false, false), new Bar(1, 64, false, false, false));
        try (Mapping one = new Mapping(f.barMemory(0)); Mapping two = new Mapping(f.barMemory(0))) {
            one.write32(0xffffc, 0xcafebabe);
            assertEquals(0xcafebabe, two.read32(0xffffc));
            assertEquals(0, new Mapping(f.barMemory(1)).read64(0), "a BAR has memory of its own");
        }
        assertSame(f.barMemory(0), f.barMemory(0));
    }

    @Test
    void aBarOf4GiBCostsNoDisk() throws IOException {
        EmulatedFunction f = plug(new Bar(2, 4 * GIB, false, true, true));
        long before = Files.getFileStore(directory).getUsableSpace();
        Mapping mapping = new Mapping(f.barMemory(2));
        for (int i = 0; i < 4; i++) {
            mapping.write64(i * GIB + GIB - 8, i + 1);
        }
        for (int i = 0; i < 4; i++) {
            assertEquals(i + 1, mapping.read64(i * GIB + GIB - 8), "window " + i);
        }
        assertEquals(0, mapping.read64(2 * GIB));
        long used = before - Files.getFileStore(directory).getUsableSpace();
        assertTrue(used < GIB, "used " + used);
    }

    @Test
    void windowsAreAtMostOneGiB() {
        SharedMemory memory = plug(new Bar(0, 2 * GIB, false, true, false)).barMemory(0);
        assertEquals(2 * GIB, memory.size());
        assertEquals(GIB, memory.window(0).capacity());
        assertEquals(GIB, memory.window(1).capacity());
        assertThrows(IndexOutOfBoundsException.class, () -> memory.window(2));
    }

    @Test
    void noFileAndNoDescriptorStays() throws IOException {
        EmulatedFunction f = plug(new Bar(0, 1 << 20, false, false, false), new Bar(2, 1 << 20, false, true, false));
        int named = count(directory);
        long open = descriptorsBelow(directory);
        Mapping mapping = new Mapping(f.barMemory(0));
        f.barMemory(2);
        assertEquals(named, count(directory));
        assertEquals(open, descriptorsBelow(directory));
        bus.deactivate();
        assertEquals(open, descriptorsBelow(directory));
        mapping.write8(0, (byte) 7);
        assertEquals(7, mapping.read8(0), "what is mapped stays");
    }

    private static long descriptorsBelow(Path folder) throws IOException {
        long found = 0;
        try (Stream<Path> fds = Files.list(Path.of("/proc/self/fd"))) {
            for (Path fd : fds.toList()) {
                // A descriptor may be closed meanwhile by another thread of the JVM.
                found += Files.isSymbolicLink(fd) && Files.readSymbolicLink(fd).startsWith(folder) ? 1 : 0;
            }
        }
        return found;
    }

    @Test
    void ioBarsMissingBarsAndUpperHalvesHaveNoMemory() {
        EmulatedFunction f = plug(new Bar(0, 32, true, false, false), new Bar(2, 4096, false, true, false));
        for (int bar : new int[] {0, 1, 3, 6, -1, Integer.MAX_VALUE}) {
            assertEquals(Errno.EINVAL, assertThrows(VfioException.class, () -> f.barMemory(bar)).errno(), "BAR " + bar);
        }
        bus.unplug(f.address());
        assertEquals(Errno.ENODEV, assertThrows(VfioException.class, () -> f.barMemory(2)).errno());
    }

    @Test
    void aFolderThatCannotBeWrittenIsNamed() throws IOException {
        Path file = Files.writeString(directory.resolve("file"), "");
        EmulatedBus blocked = new EmulatedBus(Buses.config("", file), new vfio.core.EventLog());
        VfioException e = assertThrows(VfioException.class, () -> blocked.function(at("04:01.0")).barMemory(0));
        assertEquals(Errno.ENOMEM, e.errno());
        assertTrue(e.getMessage().contains(file.toString()), e.getMessage());
    }

    @Test
    void aSourceServesWhatIsTouchedWhileItIsThereAndGetsItBack() {
        EmulatedFunction f = plug(new Bar(0, 4096, false, false, false), new Bar(1, 4096, false, false, false));
        AtomicInteger closed = new AtomicInteger();
        SharedMemory.Source source = (name, size) -> new SharedMemory() {
            private final ByteBuffer bytes = ByteBuffer.allocateDirect((int) size);

            @Override
            public long size() {
                return size;
            }

            @Override
            public ByteBuffer window(int index) {
                return bytes;
            }

            @Override
            public void close() {
                closed.incrementAndGet();
            }
        };
        bus.addSource(source);
        SharedMemory first = f.barMemory(0);
        bus.removeSource(source);
        assertSame(first, f.barMemory(0));
        assertNotSame(first.getClass(), f.barMemory(1).getClass());
        bus.unplug(f.address());
        assertEquals(1, closed.get());
    }
}
