// SPDX-License-Identifier: Apache-2.0
package launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import vfio.admin.control.RunDirectory;

class ClientTest {
    @TempDir
    Path directory;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    private int run(Terminal terminal, String... command) throws Exception {
        return new Client(terminal, TextOutput.to(out), TextOutput.to(err)).run(directory, List.of(command));
    }

    private int run(String... command) throws Exception {
        return run(Terminal.NONE, command);
    }

    @Test
    void requestCarriesWidthTerminalAndArguments() throws Exception {
        try (FakeDaemon daemon = new FakeDaemon(directory, FakeDaemon.frames(3, 0))) {
            assertEquals(0, run(new Terminal(132, true, false), "override", "0000:01:00.0", "", "größer"));
            assertEquals(List.of(0x7666696f, 1, 132, (byte) 1, "override", "0000:01:00.0", "", "größer"),
                    daemon.request.get(60, TimeUnit.SECONDS));
        }
    }

    @Test
    void framesGoWhereTheyBelongAndTheCodeComesBack() throws Exception {
        String big = "x".repeat(20_000);
        try (FakeDaemon daemon = new FakeDaemon(directory, FakeDaemon.frames(1, "one ", 2, "warning", 1, big, 1, "", 3, 5))) {
            assertEquals(5, run("bind"));
            assertEquals("one " + big, out.toString(StandardCharsets.UTF_8));
            assertEquals("warning", err.toString(StandardCharsets.UTF_8));
            assertTrue(daemon.clientLeft.get(60, TimeUnit.SECONDS));
        }
    }

    @Test
    void aConnectionThatEndsBeforeTheExitIsAnInternalError() throws Exception {
        byte[] whole = FakeDaemon.frames(1, "text", 3, 0);
        for (int length : new int[] {0, 1, 4, 5, 8, 9, 13, whole.length - 1}) {
            Files.deleteIfExists(directory.resolve("control.sock"));
            try (FakeDaemon daemon = new FakeDaemon(directory, Arrays.copyOf(whole, length))) {
                assertEquals(70, assertThrows(LaunchException.class, () -> run("list")).exitCode());
                assertTrue(daemon.request.isDone());
            }
        }
    }

    @Test
    void framesOfAnotherProtocolAreRefused() throws Exception {
        byte[] hugeFrame = {1, 0x7f, -1, -1, -1};
        byte[] negative = {1, -1, -1, -1, -1};
        byte[] shortExit = {3, 0, 0, 0, 1, 0};
        for (byte[] answer : List.of(FakeDaemon.frames(0, "x"), FakeDaemon.frames(4, "x"), hugeFrame, negative, shortExit)) {
            Files.deleteIfExists(directory.resolve("control.sock"));
            try (FakeDaemon daemon = new FakeDaemon(directory, answer)) {
                LaunchException e = assertThrows(LaunchException.class, () -> run("list"));
                assertTrue(e.getMessage().contains("control protocol"), e.getMessage());
                assertTrue(daemon.clientLeft.get(60, TimeUnit.SECONDS));
            }
        }
    }

    @Test
    void noDaemonIsNoDaemon() throws Exception {
        assertEquals(Client.UNANSWERED, run("list"));
    }

    @Test
    void aSocketNobodyListensOnIsNoDaemon() throws Exception {
        ServerSocketChannel dead = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        dead.bind(UnixDomainSocketAddress.of(directory.resolve("control.sock")));
        dead.close();
        assertTrue(Files.exists(directory.resolve("control.sock")));
        assertEquals(Client.UNANSWERED, run("list"));
    }

    @Test
    void aDeadPidIsNotWaitedFor() throws Exception {
        Process ended = new ProcessBuilder("true").start();
        ended.waitFor();
        Files.writeString(directory.resolve("daemon.pid"), ended.pid() + "\n");
        assertEquals(Client.UNANSWERED, run("list"));
    }

    @Test
    void aDaemonThatIsStartingIsWaitedFor() throws Exception {
        Files.writeString(directory.resolve("daemon.pid"), ProcessHandle.current().pid() + "\n");
        Thread client = Thread.currentThread();
        Thread opener = new Thread(() -> {
            while (client.getState() != Thread.State.TIMED_WAITING) { // until it has tried in vain
                Thread.onSpinWait();
            }
            try {
                new FakeDaemon(directory, FakeDaemon.frames(3, 0));
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        });
        opener.start();
        assertEquals(0, run("status"));
        opener.join();
    }

    @Test
    void stopReturnsWhenThePidFileIsGone() throws Exception {
        Path pid = directory.resolve("daemon.pid");
        Files.writeString(pid, ProcessHandle.current().pid() + "\n");
        Thread client = Thread.currentThread();
        try (FakeDaemon daemon = new FakeDaemon(directory, FakeDaemon.frames(3, 0))) {
            Thread ending = new Thread(() -> {
                daemon.clientLeft.join();
                while (client.getState() != Thread.State.TIMED_WAITING) {
                    Thread.onSpinWait();
                }
                pid.toFile().delete();
            });
            daemon.request.thenRun(() -> daemon.clientLeft.complete(true));
            ending.start();
            assertEquals(0, run("stop"));
            assertTrue(Files.notExists(pid));
            ending.join();
        }
    }

    @Test
    void stopDoesNotWaitForADaemonThatWasStartedMeanwhile() throws Exception {
        Path pid = directory.resolve("daemon.pid");
        Process stopped = new ProcessBuilder("sleep", "600").start();
        Files.writeString(pid, stopped.pid() + "\n");
        Thread client = Thread.currentThread();
        Thread next = new Thread(() -> {
            while (client.getState() != Thread.State.TIMED_WAITING) {
                Thread.onSpinWait();
            }
            try {
                Files.writeString(pid, ProcessHandle.current().pid() + "\n");
            } catch (IOException e) {
                throw new IllegalStateException(e);
            } finally {
                stopped.destroy();
            }
        });
        next.start();
        DaemonProcess.awaitEnd(directory);
        next.join();
        assertTrue(new RunDirectory(directory).daemonLives());
    }

    private interface Peer {
        void serve(SocketChannel accepted) throws IOException;
    }

    /** What a client makes of a daemon that has done its part before the request is sent. */
    private int talkAfter(Peer peer) throws Exception {
        UnixDomainSocketAddress address = UnixDomainSocketAddress.of(directory.resolve("control.sock"));
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(address);
                SocketChannel channel = SocketChannel.open(address)) {
            try (SocketChannel accepted = server.accept()) {
                peer.serve(accepted);
            }
            return new Client(Terminal.NONE, TextOutput.to(out), TextOutput.to(err)).talk(channel, new byte[17]);
        }
    }

    @Test
    void refusalIsReadThoughTheRequestIsNotTaken() throws Exception {
        byte[] refusal = FakeDaemon.frames(2, "vfio: too many clients\n", 3, 5);
        assertEquals(5, talkAfter(accepted -> accepted.write(ByteBuffer.wrap(refusal))));
        assertEquals("vfio: too many clients\n", err.toString(StandardCharsets.UTF_8));
    }

    @Test
    void aConnectionThatIsClosedAtOnceIsSaidInASentence() {
        LaunchException failure = assertThrows(LaunchException.class, () -> talkAfter(accepted -> { }));
        assertEquals(70, failure.exitCode());
        assertEquals("the daemon closed the connection before the command was done", failure.getMessage());
    }

    @Test
    void tooMuchIsRefusedBeforeItIsSent() {
        String[] many = Collections.nCopies(257, "x").toArray(String[]::new);
        assertEquals(2, assertThrows(LaunchException.class, () -> run(many)).exitCode());
        assertEquals(2, assertThrows(LaunchException.class, () -> run("y".repeat(65_536))).exitCode());
    }

    private static TextOutput failing(String reason) {
        return TextOutput.to(new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException(reason);
            }
        });
    }

    private LaunchException failure(TextOutput to) throws Exception {
        try (FakeDaemon daemon = new FakeDaemon(directory, FakeDaemon.frames(1, "text", 3, 0))) {
            LaunchException failure = assertThrows(LaunchException.class,
                    () -> new Client(Terminal.NONE, to, TextOutput.to(err)).run(directory, List.of("events")));
            assertTrue(daemon.clientLeft.get(60, TimeUnit.SECONDS));
            return failure;
        }
    }

    @Test
    void aReaderThatHasGoneEndsTheCommandQuietly() throws Exception {
        LaunchException failure = failure(failing("Broken pipe"));
        assertEquals(141, failure.exitCode());
        assertNull(failure.getMessage());
    }

    @Test
    void outputThatCannotBeWrittenIsAFailure() throws Exception {
        LaunchException failure = failure(failing("No space left on device"));
        assertEquals(1, failure.exitCode());
        assertEquals("write the answer: No space left on device", failure.getMessage());
    }

    @Test
    void helpOfStopWaitsForNobody() throws Exception {
        Files.writeString(directory.resolve("daemon.pid"), ProcessHandle.current().pid() + "\n");
        try (FakeDaemon daemon = new FakeDaemon(directory, FakeDaemon.frames(1, "Usage: vfio stop", 3, 0))) {
            assertTimeoutPreemptively(Duration.ofSeconds(30), () -> assertEquals(0, run("stop", "--help")));
            assertEquals("Usage: vfio stop", out.toString(StandardCharsets.UTF_8));
            assertTrue(daemon.request.isDone());
        }
    }
}
