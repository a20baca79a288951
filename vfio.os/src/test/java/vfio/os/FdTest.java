// SPDX-License-Identifier: Apache-2.0
package vfio.os;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.os.call.NativeBytes;

/** Descriptors as owned objects, on this host's kernel. */
class FdTest {
    private static final int FIONREAD = 0x541b;

    @TempDir
    private Path folder;

    private final Kernel kernel = Kernel.host();
    private final long before = OpenFiles.descriptors();

    @AfterEach
    void nothingStaysOpen() {
        assertEquals(before, OpenFiles.descriptors());
    }

    private Path file(String text) throws IOException {
        return Files.writeString(folder.resolve("file"), text);
    }

    private static Errno errno(Runnable act) {
        return assertThrows(VfioException.class, act::run).errno();
    }

    @Test
    void readsAndWritesAtAPlace() throws IOException {
        Path path = file("0123456789");
        try (Fd fd = kernel.open(path.toString(), Kernel.READ_WRITE)) {
            NativeBytes four = NativeBytes.allocate(8);
            assertEquals(4, fd.pread(four, 2, 4, 3));
            assertEquals("3456", text(four, 2, 4));
            assertEquals(4, fd.pwrite(four, 2, 4, 0));
            assertEquals(2, fd.pread(four, 0, 8, 8), "to the end of the file");
            assertEquals(0, fd.pread(four, 0, 8, 10));
        }
        assertEquals("3456456789", Files.readString(path));
    }

    private static String text(NativeBytes bytes, int start, int count) {
        byte[] some = new byte[count];
        bytes.bytes().get(start, some);
        return new String(some, java.nio.charset.StandardCharsets.US_ASCII);
    }

    @Test
    void offsetsBeyond32BitsReachTheFile() throws IOException {
        Path path = file("");
        try (Fd fd = kernel.open(path.toString(), Kernel.READ_WRITE)) {
            NativeBytes byteOf = NativeBytes.of(ByteBuffer.wrap(new byte[] {42}));
            assertEquals(1, fd.pwrite(byteOf, 0, 1, 0x7_0000_0000L));
        }
        assertEquals(0x7_0000_0001L, Files.size(path));
    }

    @Test
    void ioctlFillsItsStruct() throws IOException {
        try (Fd fd = kernel.open(file("12345").toString(), Kernel.READ_ONLY)) {
            NativeBytes count = NativeBytes.allocate(4);
            assertEquals(0, fd.ioctl("count bytes", FIONREAD, count));
            assertEquals(5, count.bytes().getInt(0));
        }
    }

    @Test
    void ioctlThatTheFileDoesNotHaveIsEnotty() throws IOException {
        try (Fd fd = kernel.open(file("").toString(), Kernel.READ_ONLY)) {
            VfioException e = assertThrows(VfioException.class, () -> fd.ioctl("get the API version", 0x3b64, 0));
            assertEquals(Errno.ENOTTY, e.errno());
            assertTrue(e.getMessage().startsWith("get the API version of " + folder), e.getMessage());
            assertEquals(-Errno.ENOTTY.number(), fd.tryIoctl(0x3b64, NativeBytes.allocate(8)));
        }
    }

    @Test
    void errorSaysWhatWasTriedOnWhat() {
        VfioException e = assertThrows(VfioException.class, () -> kernel.open("/nowhere/at/all", Kernel.READ_ONLY));
        assertEquals("open /nowhere/at/all: no such file or directory (ENOENT)", e.getMessage());
    }

    @Test
    void errnoThatIsNotKnownKeepsItsNumber() {
        VfioException e = Answers.failed("try", -4000);
        assertEquals(Errno.EIO, e.errno());
        assertTrue(e.getMessage().contains("errno 4000"), e.getMessage());
    }

    @Test
    void useAfterCloseIsRefusedAndReachesNoOtherFile() throws IOException {
        Fd fd = kernel.open(file("secret").toString(), Kernel.READ_WRITE);
        fd.close();
        try (Fd other = kernel.open(file("another").toString(), Kernel.READ_WRITE)) { // has the same number now
            NativeBytes some = NativeBytes.allocate(8);
            assertEquals(Errno.EBADF, errno(() -> fd.pread(some, 0, 8, 0)));
            assertEquals(Errno.EBADF, errno(() -> fd.pwrite(some, 0, 8, 0)));
            assertEquals(Errno.EBADF, errno(() -> fd.ioctl("count", FIONREAD, some)));
            assertEquals(Errno.EBADF, errno(() -> fd.map(0, 4096, true, false)));
            fd.close();
            assertEquals(7, other.pread(some, 0, 8, 0));
        }
        assertFalse(fd.isOpen());
    }

    @Test
    void closeWaitsForTheCallUnderWayButNotTheCaller() throws IOException {
        Fd fd = kernel.open(file("x").toString(), Kernel.READ_ONLY);
        int number = fd.enter();
        fd.close();
        assertFalse(fd.isOpen());
        assertTrue(Files.exists(Path.of("/proc/self/fd/" + number)), "the number is still in use");
        fd.leave();
        assertFalse(Files.exists(Path.of("/proc/self/fd/" + number)));
    }

    @Test
    void closedWhileManyThreadsReadNeverReadsAnotherFile() throws Exception {
        Path mine = Files.writeString(folder.resolve("mine"), "m");
        Path other = Files.writeString(folder.resolve("other"), "o");
        AtomicReference<Throwable> wrong = new AtomicReference<>();
        for (int round = 0; round < 200; round++) {
            Fd fd = kernel.open(mine.toString(), Kernel.READ_ONLY);
            List<Thread> readers = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                Thread reader = new Thread(() -> readUntilClosed(fd, wrong));
                readers.add(reader);
                reader.start();
            }
            LockSupport.parkNanos(50_000);
            fd.close();
            try (Fd another = kernel.open(other.toString(), Kernel.READ_ONLY)) {
                for (Thread reader : readers) {
                    reader.join();
                }
                assertTrue(another.isOpen());
            }
        }
        assertEquals(null, wrong.get());
    }

    private static void readUntilClosed(Fd fd, AtomicReference<Throwable> wrong) {
        NativeBytes one = NativeBytes.allocate(1);
        try {
            while (true) {
                fd.pread(one, 0, 1, 0);
                if (one.bytes().get(0) != 'm') {
                    throw new AssertionError("read from another file: " + one.bytes().get(0));
                }
            }
        } catch (VfioException e) {
            if (e.errno() != Errno.EBADF || fd.isOpen()) {
                wrong.set(e);
            }
        } catch (AssertionError e) {
            wrong.set(e);
        }
    }

    @Test
    void everyDescriptorIsClosedOnExec() throws IOException {
        String socket = folder.resolve("s").toString();
        try (Fd fd = kernel.open(file("").toString(), Kernel.READ_ONLY); Fd twin = kernel.duplicate(fd);
                EventFd event = kernel.eventFd(); MemFd memory = kernel.memory("test", 4096);
                UnixListener listener = kernel.listen(socket); UnixSocket near = kernel.connect(socket);
                UnixSocket far = listener.accept(); Uevents uevents = kernel.uevents()) {
            for (Fd each : List.of(fd, twin, event.fd(), memory.fd(), listener.fd(), near.fd(), far.fd(), uevents.fd())) {
                int number = each.enter();
                assertTrue(OpenFiles.closedOnExec(number), each.name());
                each.leave();
            }
        }
    }

    @Test
    void bytesOutsideTheBufferAreRefused() throws IOException {
        try (Fd fd = kernel.open(file("12345").toString(), Kernel.READ_ONLY)) {
            NativeBytes four = NativeBytes.allocate(4);
            assertThrows(IndexOutOfBoundsException.class, () -> fd.read(four, 0, 5));
            assertThrows(IndexOutOfBoundsException.class, () -> fd.read(four, 4, 1));
            assertThrows(IndexOutOfBoundsException.class, () -> fd.pread(four, -1, 1, 0));
            assertThrows(IndexOutOfBoundsException.class, () -> fd.read(four, 1, Integer.MAX_VALUE));
        }
    }
}
