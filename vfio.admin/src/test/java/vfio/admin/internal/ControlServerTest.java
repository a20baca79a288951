// SPDX-License-Identifier: Apache-2.0
package vfio.admin.internal;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import vfio.admin.CommandRunner;
import vfio.admin.Session;
import vfio.core.Errno;
import vfio.core.VfioException;

@Timeout(60)
class ControlServerTest {
    private static final long PATIENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(300);

    @TempDir
    Path tmp;
    private Path run;
    private RunDirectory directory;
    private ControlServer server;
    private final CountDownLatch cancelled = new CountDownLatch(1);
    private final CountDownLatch release = new CountDownLatch(1);
    private final CountDownLatch afterwards = new CountDownLatch(1);
    private final AtomicInteger running = new AtomicInteger();
    private final AtomicInteger done = new AtomicInteger();

    private int command(List<String> args, Session session) throws InterruptedException {
        switch (args.isEmpty() ? "" : args.get(0)) {
            case "echo" -> session.out().print(String.join(" ", args) + " " + session.width() + " " + session.terminal());
            case "both" -> {
                session.out().print("out");
                session.err().print("err");
            }
            case "much" -> session.out().print("x".repeat(Integer.parseInt(args.get(1))));
            case "throw" -> throw new LinkageError("driver trouble");
            case "wait" -> {
                running.incrementAndGet();
                release.await();
            }
            case "follow" -> follow(session);
            case "stop" -> {
                session.out().print("stopping");
                session.afterwards(() -> {
                    server.close();
                    afterwards.countDown();
                });
            }
            default -> session.err().print("what?");
        }
        done.incrementAndGet();
        return args.size();
    }

    private void follow(Session session) throws InterruptedException {
        session.out().print("following");
        session.out().flush();
        try {
            release.await();
        } catch (InterruptedException e) {
            if (session.cancelled()) {
                cancelled.countDown();
            }
        }
    }

    @BeforeEach
    void start() {
        run = tmp.resolve("run");
        directory = RunDirectories.daemon(run);
        server = server(PATIENCE_NANOS);
    }

    private ControlServer server(long patienceNanos) {
        CommandRunner runner = (args, session) -> {
            try {
                return command(args, session);
            } catch (InterruptedException e) {
                return 99;
            }
        };
        return new ControlServer(directory, runner, patienceNanos);
    }

    @AfterEach
    void stop() {
        server.close();
        directory.close();
    }

    private void assertAlive() throws IOException {
        assertEquals(new Client.Answer("echo 80 true", "", 1), Client.ask(run, "echo"));
    }

    private Client.Answer send(byte[] bytes) throws IOException {
        try (Client client = new Client(run)) {
            return client.send(bytes).answer();
        }
    }

    @Test
    void argumentsWidthAndTerminalArriveAndBothStreamsComeBack() throws IOException {
        assertEquals(new Client.Answer("echo ä \n 80 true", "", 3), Client.ask(run, "echo", "ä", "\n"));
        assertEquals(new Client.Answer("out", "err", 1), Client.ask(run, "both"));
        assertEquals(new Client.Answer("", "what?", 0), Client.ask(run));
    }

    @Test
    void socketIsForItsOwnerAlone() throws IOException {
        assertEquals("rw-------",
                PosixFilePermissions.toString(Files.getPosixFilePermissions(run.resolve("control.sock"))));
    }

    @Test
    void badMagicVersionAndWidthAreRefused() throws IOException {
        Client.Answer answer = send(Client.request(0x47455420, 1, 80, 0));
        assertEquals(2, answer.code());
        assertTrue(answer.err().startsWith("vfio: this is no request"), answer.err());
        assertTrue(send(Client.request(Request.MAGIC, 2, 80, 0)).err().contains("version 1 of the protocol, not 2"));
        assertEquals(2, send(Client.request(Request.MAGIC, 1, -1, 0)).code());
        assertEquals(0, done.get());
        assertAlive();
    }

    @Test
    void mostArgumentsPassAndOneMoreIsRefused() throws IOException {
        String[] most = new String[Request.MOST_ARGS];
        Arrays.fill(most, "a");
        assertEquals(256, Client.ask(run, most).code());
        assertTrue(send(Client.request(Request.MAGIC, 1, 0, 257)).err().contains("257 arguments"));
        assertEquals(2, send(Client.request(Request.MAGIC, 1, 0, -1)).code());
    }

    @Test
    void largestRequestPassesAndOneByteMoreIsRefused() throws IOException {
        int rest = Request.MOST_BYTES - Client.request("").length;
        assertEquals(1, Client.ask(run, "y".repeat(rest)).code());
        Client.Answer answer = Client.ask(run, "y".repeat(rest + 1));
        assertEquals(2, answer.code());
        assertTrue(answer.err().contains("65536"), answer.err());
    }

    @Test
    void lengthsThatLieAreRefusedBeforeTheyAreBelieved() throws IOException {
        byte[] request = Client.request("echo");
        for (int length : new int[] {-1, Integer.MIN_VALUE, Integer.MAX_VALUE, Request.MOST_BYTES}) {
            java.nio.ByteBuffer.wrap(request).putInt(17, length);
            assertEquals(2, send(request).code(), "length " + length);
        }
    }

    @Test
    void argumentThatIsNoUtf8IsRefused() throws IOException {
        byte[] request = Client.request("echo");
        request[request.length - 1] = (byte) 0xff;
        assertTrue(send(request).err().contains("no UTF-8"));
    }

    @Test
    void requestByteByByteIsUnderstood() throws IOException {
        server.close();
        server = server(TimeUnit.SECONDS.toNanos(30));
        try (Client client = new Client(run)) {
            for (byte b : Client.request("echo")) {
                client.send(new byte[] {b});
            }
            assertEquals(1, client.answer().code());
        }
    }

    @Test
    void silentAndHalfClientsAreDropped() throws IOException {
        try (Client silent = new Client(run); Client half = new Client(run)) {
            half.send(Arrays.copyOf(Client.request("echo"), 20));
            assertNull(silent.answer().code());
            assertNull(half.answer().code());
        }
        assertEquals(0, done.get());
        assertAlive();
    }

    @Test
    void commandMayTakeLongerThanARequest() throws IOException {
        try (Client client = new Client(run)) {
            client.send(Client.request("wait"));
            try (Client silent = new Client(run)) {
                assertNull(silent.answer().code()); // the patience is over
            }
            release.countDown();
            assertEquals(1, client.answer().code());
        }
    }

    @Test
    void clientThatClosesCancelsAndInterruptsItsCommand() throws Exception {
        try (Client client = new Client(run)) {
            assertEquals("following", client.send(Client.request("follow")).frame());
        }
        assertTrue(cancelled.await(20, TimeUnit.SECONDS));
        assertAlive();
    }

    @Test
    void linkageErrorIsAnInternalErrorAndHurtsNobodyElse() throws IOException {
        assertEquals(70, Client.ask(run, "throw").code());
        assertAlive();
    }

    @Test
    void largeOutputArrivesWhole() throws IOException {
        assertEquals(5_000_000, Client.ask(run, "much", "5000000").out().length());
    }

    @Test
    void clientThatReadsLateLosesNothingAndKeepsNoCommandRunning() throws IOException {
        try (Client client = new Client(run)) {
            client.send(Client.request("much", "5000000"));
            await().until(() -> done.get() == 1);
            try (Client silent = new Client(run)) {
                assertNull(silent.answer().code());
            }
            assertEquals(5_000_000, client.answer().out().length());
        }
    }

    @Test
    void clientThatNeverReadsIsDroppedWhenTooMuchIsQueued() throws IOException {
        await().until(() -> descriptors() > 0); // what the classes for it are loaded from is open now
        long before = descriptors();
        try (Client client = new Client(run)) {
            client.send(Client.request("much", "40000000"));
            await().until(() -> done.get() == 1);
            await().until(() -> descriptors() <= before + 1); // given up before it reads or goes
            assertNull(client.answer().code());
        }
        assertAlive();
    }

    @Test
    void fiftyClientsAtOnceAreAllServed() throws Exception {
        ExecutorService clients = Executors.newFixedThreadPool(50);
        try {
            List<Callable<Client.Answer>> asks = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                String word = "word" + i;
                asks.add(() -> Client.ask(run, "echo", word));
            }
            List<Future<Client.Answer>> answers = clients.invokeAll(asks);
            for (int i = 0; i < 50; i++) {
                assertEquals(new Client.Answer("echo word" + i + " 80 true", "", 2), answers.get(i).get());
            }
        } finally {
            clients.shutdownNow();
        }
    }

    @Test
    void excessCommandsAreRefusedWithASentence() throws IOException {
        List<Client> waiting = new ArrayList<>();
        for (int i = 0; i < ControlServer.MOST_COMMANDS; i++) {
            waiting.add(new Client(run).send(Client.request("wait")));
        }
        await().until(() -> running.get() == ControlServer.MOST_COMMANDS);
        Client.Answer answer = Client.ask(run, "echo");
        assertEquals(5, answer.code());
        assertEquals("vfio: too many commands run already, 64 is the most; try again when one has ended\n", answer.err());
        release.countDown();
        for (Client client : waiting) {
            assertEquals(1, client.answer().code());
            client.close();
        }
        assertAlive();
    }

    @Test
    void stopIsAnsweredBeforeTheSocketCloses() throws Exception {
        assertEquals(new Client.Answer("stopping", "", 1), Client.ask(run, "stop"));
        assertTrue(afterwards.await(20, TimeUnit.SECONDS));
        assertFalse(Files.exists(run.resolve("control.sock")));
    }

    @Test
    void stoppingEndsCommandsAndTellsTheirClients() throws IOException {
        try (Client client = new Client(run)) {
            client.send(Client.request("follow")).frame();
            server.close();
            assertEquals(1, client.answer().code());
        }
        assertThrows(IOException.class, () -> new Client(run));
    }

    @Test
    void staleSocketIsReplaced() throws IOException {
        server.close();
        Files.writeString(run.resolve("control.sock"), "left by a crash");
        server = server(PATIENCE_NANOS);
        assertAlive();
    }

    @Test
    void pathTooLongForASocketIsExplained() {
        RunDirectory far = RunDirectories.daemon(tmp.resolve("d".repeat(108)));
        VfioException e = assertThrows(VfioException.class, () -> new ControlServer(far, (args, session) -> 0));
        assertEquals(Errno.EINVAL, e.errno());
        assertTrue(e.getMessage().contains("choose a shorter directory with --dir"), e.getMessage());
        far.close();
    }

    @Test
    void nothingIsLeftOpenOrRunning() throws Exception {
        assertAlive();
        server.close();
        directory.close();
        long before = descriptors();
        for (int i = 0; i < 10; i++) {
            directory = RunDirectories.daemon(run);
            server = server(PATIENCE_NANOS);
            assertAlive();
            new Client(run).send(Client.request("follow")).close();
            server.close();
            directory.close();
        }
        assertTrue(descriptors() <= before, descriptors() + " descriptors, before " + before);
        await().until(() -> Thread.getAllStackTraces().keySet().stream()
                .noneMatch(thread -> thread.isAlive() && thread.getName().startsWith("vfio-")));
    }

    private static long descriptors() throws IOException {
        try (var files = Files.list(Path.of("/proc/self/fd"))) {
            return files.count();
        }
    }
}
