// SPDX-License-Identifier: Apache-2.0
package vfio.os;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import vfio.core.Errno;
import vfio.core.SharedMemory;
import vfio.core.VfioException;
import vfio.os.call.NativeBytes;

/** UNIX sockets, and descriptors through them, on this host's kernel. */
class SocketsTest {
    private static final Executor OWN_THREAD = task -> new Thread(task).start();

    @TempDir
    private Path folder;

    private final Kernel kernel = Kernel.host();
    private final long before = OpenFiles.descriptors();
    private UnixListener listener;
    private UnixSocket near;
    private UnixSocket far;

    @BeforeEach
    void connect() {
        String path = folder.resolve("socket").toString();
        listener = kernel.listen(path);
        near = kernel.connect(path);
        far = listener.accept();
    }

    @AfterEach
    void nothingStaysOpen() {
        near.close();
        far.close();
        listener.close();
        assertEquals(before, OpenFiles.descriptors());
        assertFalse(Files.exists(folder.resolve("socket")));
    }

    private static Errno errno(Runnable act) {
        return assertThrows(VfioException.class, act::run).errno();
    }

    private static NativeBytes bytes(int... values) {
        ByteBuffer buffer = ByteBuffer.allocate(values.length);
        for (int value : values) {
            buffer.put((byte) value);
        }
        return NativeBytes.of(buffer.flip());
    }

    @Test
    void descriptorsComeWithTheBytes() {
        List<Fd> received = new ArrayList<>();
        NativeBytes target = NativeBytes.allocate(16);
        try (MemFd memory = kernel.memory("passed on", 4096); EventFd event = kernel.eventFd()) {
            memory.window(0).putInt(0, 77);
            near.send(bytes(1, 2, 3), 0, 3, List.of(memory.fd(), event.fd()));
            assertEquals(3, far.receive(target, 4, 12, received));
            assertEquals(2, target.bytes().get(5));
            assertEquals(2, received.size());
            try (EventFd same = kernel.eventFd(received.get(1))) {
                same.signal();
                assertEquals(1, event.take());
            }
            SharedMemory pages = received.get(0).map(0, 4096, true, false);
            assertEquals(77, pages.window(0).getInt(0));
            pages.close();
        }
        received.forEach(Fd::close);
    }

    @Test
    void receivedDescriptorsAreClosedOnExec() {
        List<Fd> received = new ArrayList<>();
        try (EventFd event = kernel.eventFd()) {
            near.send(bytes(1), 0, 1, List.of(event.fd()));
            far.receive(NativeBytes.allocate(1), 0, 1, received);
        }
        int number = received.get(0).enter();
        assertTrue(OpenFiles.closedOnExec(number));
        received.get(0).leave();
        received.get(0).close();
    }

    @Test
    void asManyDescriptorsGoAsTheKernelTakes() {
        try (EventFd event = kernel.eventFd()) {
            List<Fd> many = new ArrayList<>();
            for (int i = 0; i < UnixSocket.MOST_DESCRIPTORS; i++) {
                many.add(event.fd());
            }
            List<Fd> received = new ArrayList<>();
            near.send(bytes(1), 0, 1, many);
            assertEquals(1, far.receive(NativeBytes.allocate(1), 0, 1, received));
            assertEquals(UnixSocket.MOST_DESCRIPTORS, received.size());
            received.forEach(Fd::close);
            many.add(event.fd());
            assertEquals(Errno.EINVAL, errno(() -> near.send(bytes(1), 0, 1, many)));
            assertEquals(Errno.EINVAL, errno(() -> near.send(bytes(), 0, 0, List.of(event.fd()))));
        }
    }

    @Test
    void closedDescriptorIsNotSentAndTheSocketStaysUsable() {
        EventFd event = kernel.eventFd();
        event.close();
        assertEquals(Errno.EBADF, errno(() -> near.send(bytes(1), 0, 1, List.of(event.fd()))));
        near.send(bytes(9), 0, 1, List.of());
        NativeBytes target = NativeBytes.allocate(4);
        assertEquals(1, far.receive(target, 0, 4, new ArrayList<>()));
        assertEquals(9, target.bytes().get(0));
    }

    @Test
    void moreBytesThanTheSocketHoldsAllArrive() throws Exception {
        int size = 4 << 20;
        NativeBytes source = NativeBytes.allocate(size);
        for (int i = 0; i < size; i += 4) {
            source.bytes().putInt(i, i);
        }
        CompletableFuture<Void> sending = CompletableFuture.runAsync(() -> near.send(source, 0, size, List.of()),
                OWN_THREAD);
        NativeBytes target = NativeBytes.allocate(size);
        for (int at = 0; at < size;) {
            at += far.receive(target, at, size - at, new ArrayList<>());
        }
        sending.get();
        assertEquals(source.bytes(), target.bytes());
    }

    @Test
    void peerThatClosesIsTheEnd() {
        near.close();
        assertEquals(0, far.receive(NativeBytes.allocate(1), 0, 1, new ArrayList<>()));
        assertEquals(Errno.EPIPE, errno(() -> far.send(bytes(1), 0, 1, List.of())));
    }

    @Test
    void closeWakesWhoReceives() throws Exception {
        CompletableFuture<Integer> receiving = CompletableFuture.supplyAsync(
                () -> far.receive(NativeBytes.allocate(1), 0, 1, new ArrayList<>()), OWN_THREAD);
        far.close();
        try {
            assertEquals(0, receiving.get());
        } catch (java.util.concurrent.ExecutionException e) { // it began after the close
            assertEquals(Errno.EBADF, ((VfioException) e.getCause()).errno());
        }
    }

    @Test
    void closeWakesWhoAccepts() throws Exception {
        CompletableFuture<UnixSocket> accepting = CompletableFuture.supplyAsync(listener::accept, OWN_THREAD);
        listener.close();
        VfioException e = (VfioException) assertThrows(java.util.concurrent.ExecutionException.class, accepting::get)
                .getCause();
        assertEquals(Errno.EBADF, e.errno());
    }

    @Test
    void peerIsKnown() {
        UnixSocket.Peer peer = far.peer();
        assertEquals(ProcessHandle.current().pid(), peer.pid());
    }

    @Test
    void addressInUseAndNobodyThereAndNamesTooLong() {
        String path = folder.resolve("socket").toString();
        assertEquals(Errno.EADDRINUSE, errno(() -> kernel.listen(path)));
        assertTrue(Files.exists(Path.of(path)), "who was there stays");
        assertEquals(Errno.ENOENT, errno(() -> kernel.connect(folder.resolve("none").toString())));
        assertEquals(Errno.ENAMETOOLONG, errno(() -> kernel.listen(folder + "/" + "x".repeat(110))));
        assertEquals(Errno.ENAMETOOLONG, errno(() -> kernel.connect("x".repeat(108))));
        assertEquals(Errno.ENOENT, errno(() -> kernel.connect("x".repeat(107))));
    }
}
