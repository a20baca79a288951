// SPDX-License-Identifier: Apache-2.0
package vfio.admin.internal;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import vfio.core.Errno;
import vfio.core.VfioException;

/** The socket itself, and a server that starts, fails and is closed. */
class ControlServerTest extends ControlServerFixture {
    @Test
    void socketIsForItsOwnerAlone() throws IOException {
        assertEquals("rw-------",
                PosixFilePermissions.toString(Files.getPosixFilePermissions(run.resolve("control.sock"))));
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
    void linkageErrorIsAnInternalErrorAndHurtsNobodyElse() throws IOException {
        assertEquals(70, Client.ask(run, "throw").code());
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
    void asManyClientsAsAreSaidAreConnectedAndOneMoreIsRefused() throws IOException {
        List<Client> most = new ArrayList<>();
        for (int i = 0; i < ControlServer.MOST_CONNECTIONS; i++) {
            most.add(new Client(run));
        }
        try (Client more = new Client(run)) {
            assertEquals(new Client.Answer("", "vfio: 256 clients are connected already; try again later\n", 5),
                    more.answer());
        }
        assertEquals(1, most.get(ControlServer.MOST_CONNECTIONS - 1).send(Client.request("echo")).answer().code());
        for (Client client : most) {
            client.close();
        }
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
