// SPDX-License-Identifier: Apache-2.0
package vfio.admin.internal;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The end of a client, and of the daemon, while commands run. */
class ControlEndTest extends ControlServerFixture {
    @Test
    void clientThatClosesCancelsAndInterruptsItsCommand() throws Exception {
        try (Client client = new Client(run)) {
            assertEquals("following", client.send(Client.request("follow")).frame());
        }
        assertTrue(cancelled.await(20, TimeUnit.SECONDS));
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
}
