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
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import vfio.admin.Command.Kind;
import vfio.admin.CommandRunner;
import vfio.admin.Failure;
import vfio.admin.Session;
import vfio.admin.control.Request;
import vfio.admin.internal.ControlServer.Patience;
import vfio.core.Errno;
import vfio.core.VfioException;

@Timeout(60)
class ControlServerTest {
    private static final Patience LONG = new Patience(Duration.ofMinutes(1), Duration.ofMinutes(1), Duration.ofMinutes(1));
    private static final Patience SHORT = new Patience(Duration.ofSeconds(1), Duration.ofSeconds(1), Duration.ofSeconds(1));

    @TempDir
    Path tmp;
    private Path run;
    private DaemonDirectory directory;
    private ControlServer server;
    private final CountDownLatch cancelled = new CountDownLatch(1);
    private final CountDownLatch release = new CountDownLatch(1);
    private final CountDownLatch acted = new CountDownLatch(1);
    private final CountDownLatch afterwards = new CountDownLatch(1);
    private final AtomicInteger running = new AtomicInteger();
    private final AtomicInteger done = new AtomicInteger();
    private final AtomicInteger interrupted = new AtomicInteger();
    private final AtomicInteger printed = new AtomicInteger();

    private int command(List<String> args, Session session) throws InterruptedException {
        String name = args.isEmpty() ? "" : args.get(0);
        session.begin(switch (name) {
            case "much" -> Kind.ROWS;
            case "follow" -> Kind.FOLLOW;
            case "wait", "act" -> Kind.ACT;
            default -> Kind.PROMPT;
        });
        running.incrementAndGet();
        switch (name) {
            case "echo" -> session.out().print(String.join(" ", args) + " " + session.width() + " " + session.terminal());
            case "both" -> {
                session.out().print("out");
                session.err().print("err");
            }
            case "much" -> much(Integer.parseInt(args.get(1)), session);
            case "throw" -> throw new LinkageError("driver trouble");
            case "wait", "query" -> release.await();
            case "act" -> act(session);
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

    private void much(int count, Session session) {
        for (int left = count; left > 0; left -= 1000) {
            session.proceed();
            session.out().print("x".repeat(Math.min(left, 1000)));
            printed.addAndGet(Math.min(left, 1000));
        }
    }

    private void act(Session session) throws InterruptedException {
        session.out().print("acting");
        session.out().flush();
        release.await();
        acted.countDown();
        session.proceed(); // which an act does, whatever ends, as long as somebody is there to be told
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
            session.err().print(session.ending() ? "the daemon ends" : "nobody listens");
        }
    }

    @BeforeEach
    void start() {
        run = tmp.resolve("run");
        directory = DaemonDirectories.daemon(run);
        server = server(LONG);
    }

    private ControlServer server(Patience patience) {
        CommandRunner runner = (args, session) -> {
            try {
                return command(args, session);
            } catch (InterruptedException e) {
                interrupted.incrementAndGet();
                return 99;
            } catch (VfioException e) {
                session.err().print(e.sentence());
                return Failure.of(e, null).code().number();
            }
        };
        return new ControlServer(directory, runner, patience);
    }

    private void restart(Patience patience) {
        server.close();
        server = server(patience);
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
        try (Client client = new Client(run)) {
            for (byte b : Client.request("echo")) {
                client.send(new byte[] {b});
            }
            assertEquals(1, client.answer().code());
        }
    }

    @Test
    void silentAndHalfClientsAreDropped() throws IOException {
        restart(SHORT);
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
        restart(SHORT);
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
    void actGoesOnToItsEndWhenItsClientIsGone() throws Exception {
        try (Client client = new Client(run)) {
            assertEquals("acting", client.send(Client.request("act")).frame());
        }
        assertAlive(); // the server has seen that it is gone
        release.countDown();
        assertTrue(acted.await(20, TimeUnit.SECONDS));
        assertEquals(0, interrupted.get());
    }

    @Test
    void stopWaitsForActsAndInterruptsWhatOnlyReads() throws Exception {
        try (Client act = new Client(run); Client query = new Client(run)) {
            assertEquals("acting", act.send(Client.request("act")).frame());
            query.send(Client.request("query"));
            await().until(() -> running.get() == 2);
            Thread stop = new Thread(server::close);
            stop.start();
            await().until(() -> interrupted.get() == 1);
            assertEquals(99, query.answer().code());
            assertTrue(stop.isAlive());
            release.countDown();
            assertEquals(new Client.Answer("", "", 1), act.answer());
            stop.join();
        }
        assertEquals(1, interrupted.get());
    }

    @Test
    void largeOutputArrivesWhole() throws IOException {
        assertEquals(5_000_000, Client.ask(run, "much", "5000000").out().length());
    }

    @Test
    void clientThatReadsLateHoldsItsCommandBackAndLosesNothing() throws IOException {
        restart(new Patience(SHORT.request(), LONG.reading(), LONG.place()));
        try (Client client = new Client(run)) {
            client.send(Client.request("much", "5000000"));
            await().until(() -> printed.get() > 0);
            try (Client silent = new Client(run)) {
                assertNull(silent.answer().code());
            }
            assertEquals(0, done.get());
            assertEquals(5_000_000, client.answer().out().length());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {40_000_000, 250_000})
    void clientThatTakesNothingIsDropped(int bytes) throws IOException {
        restart(SHORT);
        assertAlive();
        try (Client client = new Client(run)) {
            client.send(Client.request("much", Integer.toString(bytes)));
            await().until(() -> running.get() == 2);
            // More than a socket holds, so that some of it waits in the daemon, whether its command has ended or not.
            assertNull(awaitDropped(client).code());
        }
        assertAlive();
    }

    /** What a client gets that reads only when the server has closed its end. */
    private Client.Answer awaitDropped(Client client) throws IOException {
        await().until(() -> connections() == 0);
        return client.answer();
    }

    /** Ends of connections that the server, in this process, has open. */
    private long connections() throws IOException {
        return Files.readAllLines(Path.of("/proc/net/unix")).stream()
                .filter(line -> line.endsWith(run.resolve("control.sock").toString())).count() - 1;
    }

    @Test
    void stalledClientsHoldNoMoreThanTheirShareEach() throws IOException {
        List<Client> stalled = new ArrayList<>();
        for (int i = 0; i < Places.MOST_ROWS; i++) {
            stalled.add(new Client(run).send(Client.request("much", "40000000")));
        }
        int most = Places.MOST_ROWS * (Connection.MOST_QUEUED + 1_000_000); // and what the socket holds
        await().until(() -> {
            int before = printed.get();
            assertAlive();
            return before == printed.get();
        });
        assertTrue(printed.get() < most, printed + " bytes were printed");
        for (Client client : stalled) {
            client.close();
        }
        assertEquals(1000, Client.ask(run, "much", "1000").out().length());
    }

    @Test
    void followersTakeNoPlaceOfOthersAndAreBounded() throws Exception {
        List<Client> followers = new ArrayList<>();
        for (int i = 0; i < Places.MOST_FOLLOW; i++) {
            followers.add(new Client(run).send(Client.request("follow")));
        }
        await().until(() -> running.get() == Places.MOST_FOLLOW);
        assertEquals(new Client.Answer("", "begin the command: 64 clients follow already, which is the most; "
                + "try again when one has ended", 5), Client.ask(run, "follow"));
        assertAlive();
        assertEquals("stopping", Client.ask(run, "stop").out());
        assertTrue(afterwards.await(20, TimeUnit.SECONDS));
        assertEquals(new Client.Answer("following", "the daemon ends", 1), followers.get(0).answer());
        for (Client follower : followers) {
            follower.close();
        }
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
    void excessActsAreRefusedWithASentenceAndQueriesAreServed() throws IOException {
        List<Client> waiting = new ArrayList<>();
        for (int i = 0; i < 32; i++) {
            waiting.add(new Client(run).send(Client.request("wait")));
        }
        await().until(() -> running.get() == 32);
        assertEquals(new Client.Answer("", "begin the command: 32 acts run already, which is the most; "
                + "try again when one has ended", 5), Client.ask(run, "wait"));
        assertAlive();
        release.countDown();
        for (Client client : waiting) {
            assertEquals(1, client.answer().code());
            client.close();
        }
        assertEquals(1, Client.ask(run, "wait").code());
    }

    @Test
    void fortyLongAnswersAtOnceAreAllServed() throws Exception {
        ExecutorService clients = Executors.newFixedThreadPool(40);
        try {
            List<Callable<Client.Answer>> asks = Collections.nCopies(40, () -> Client.ask(run, "much", "2000000"));
            for (Future<Client.Answer> answer : clients.invokeAll(asks)) {
                assertEquals(2_000_000, answer.get().out().length());
            }
        } finally {
            clients.shutdownNow();
        }
    }

    @Test
    void longAnswerThatFindsNoPlaceIsRefusedWithASentence() throws Exception {
        List<Client> slow = new ArrayList<>();
        restart(new Patience(LONG.request(), LONG.reading(), SHORT.place()));
        for (int i = 0; i < Places.MOST_ROWS; i++) {
            slow.add(new Client(run).send(Client.request("much", "40000000")));
        }
        await().until(() -> running.get() == Places.MOST_ROWS);
        assertEquals(new Client.Answer("", "begin the command: 4 long answers are printed already, which is the most; "
                + "try again when one has ended", 5), Client.ask(run, "much", "1"));
        for (Client client : slow) {
            client.close();
        }
        await().until(() -> Client.ask(run, "much", "1").code() == 2);
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
    void whoAsksWhileTheDaemonEndsIsTold() throws Exception {
        try (Client act = new Client(run); Client late = new Client(run)) {
            act.send(Client.request("act")).frame();
            Thread stop = new Thread(server::close);
            stop.start();
            await().until(() -> Files.notExists(run.resolve("control.sock")));
            assertEquals(new Client.Answer("", "vfio: the daemon ends\n", 3), late.send(Client.request("echo")).answer());
            release.countDown();
            stop.join();
        }
    }

    @Test
    void asManyClientsAsAreSaidAreConnectedAndOneMoreIsRefused() throws IOException {
        List<Client> most = new ArrayList<>();
        for (int i = 0; i < ControlServer.MOST_CONNECTIONS; i++) {
            most.add(new Client(run));
        }
        try (Client more = new Client(run)) {
            assertEquals(new Client.Answer("", "vfio: 256 clients are connected already; try again later\n", 5), more.answer());
        }
        assertEquals(1, most.get(ControlServer.MOST_CONNECTIONS - 1).send(Client.request("echo")).answer().code());
        for (Client client : most) {
            client.close();
        }
    }

    @Test
    void staleSocketIsReplaced() throws IOException {
        server.close();
        Files.writeString(run.resolve("control.sock"), "left by a crash");
        server = server(LONG);
        assertAlive();
    }

    @Test
    void pathTooLongForASocketIsExplained() {
        DaemonDirectory far = DaemonDirectories.daemon(tmp.resolve("d".repeat(108)));
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
            directory = DaemonDirectories.daemon(run);
            server = server(LONG);
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
