// SPDX-License-Identifier: Apache-2.0
package vfio.admin.internal;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import vfio.admin.internal.ControlServer.Patience;

/** Commands of each kind that run at once. */
class ControlPlacesTest extends ControlServerFixture {
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
}
