// SPDX-License-Identifier: Apache-2.0
package vfio.admin.internal;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import vfio.admin.internal.ControlServer.Patience;

/** Answers that are longer than their clients take at once. */
class ControlAnswerTest extends ControlServerFixture {
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
}
