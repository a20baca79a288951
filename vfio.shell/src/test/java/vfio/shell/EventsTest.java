// SPDX-License-Identifier: Apache-2.0
package vfio.shell;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.TimeZone;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import vfio.admin.CommandProvider;
import vfio.shell.commands.Commands;
import vfio.shell.commands.FakeDeploy;
import vfio.shell.commands.FakeNames;

/** The command events: rows that are kept, and those that follow. */
class EventsTest extends ShellFixture {
    @Test
    void eventsAreAllThatAreKeptOrThoseAfterANumber() {
        IntStream.rangeClosed(1, 20).forEach(i -> log.record("bound", "emulated/0000:01:00." + i % 8, "event " + i));
        assertEquals(0, run("events"));
        assertEquals(21, out().lines().count());
        session.outText.getBuffer().setLength(0);
        assertEquals(0, run("events", "--since", "18", "--json"));
        assertTrue(out().contains("event 19") && !out().contains("event 18"), out());
    }

    @Test
    void nothingNewIsNotSaidToBeNothingKept() {
        assertEquals(0, run("events"));
        assertEquals("no events are kept\n", out());
        log.record("bound", "f", "text");
        assertEquals(0, run("events", "--since", "1"));
        assertTrue(out().endsWith("no event came after number 1; the latest is number 1\n"), out());
    }

    @Test
    void eventOfANewFunctionNamesItInWords() {
        log.record("function-added", "emulated/0000:01:00.1", "pci:v000015B3d0000101Esv000015B3sd00000001bc02sc00i00");
        CommandProvider named = Commands.over(pci, new FakeDeploy(), new FakeNames(), log, stops::incrementAndGet);
        session.width = 0;
        assertEquals(0, new VfioShell(named).run(List.of("events"), session));
        assertTrue(out().contains("  15b3:101e Ethernet controller: Mellanox Technologies ConnectX Family mlx5Gen"), out());
    }

    @Test
    void localTimesAreOfTheDaemonsZone() {
        TimeZone before = TimeZone.getDefault();
        TimeZone.setDefault(TimeZone.getTimeZone("Asia/Kolkata"));
        try {
            log.record("bound", "f", "text");
            assertEquals(0, run("events", "--local-time"));
        } finally {
            TimeZone.setDefault(before);
        }
        assertTrue(out().lines().skip(1).findFirst().orElse("").matches("[0-9T:-]{19}\\+05:30 .*"), out());
    }

    @Test
    void followSaysThatTheDaemonEnds() {
        session.cancelled = true;
        session.ending = true;
        assertEquals(3, run("events", "--follow"));
        assertEquals("vfio: the daemon ends: no more events come\n", err());
    }

    @Test
    void followSaysThatTheDaemonEndsAmidRowsToo() {
        log.record("bound", "f", "text");
        session.asks = 1;
        session.ending = true;
        assertEquals(3, run("events", "--follow"));
        assertEquals("vfio: the daemon ends: no more events come\n", err());
    }

    @Test
    void followShowsTheLastTenAndGoesOnUntilCancelled() throws InterruptedException {
        IntStream.rangeClosed(1, 20).forEach(i -> log.record("bound", "f", "event-" + i + "."));
        Thread command = new Thread(() -> run("events", "--follow"));
        command.start();
        await().until(() -> out().contains("event-20."));
        assertFalse(out().contains("event-10."));
        log.record("driver-arrived", "mlx5_vfio_pci", "a\u001b[2J");
        await().until(() -> out().contains("driver-arrived     mlx5_vfio_pci          a\\x1b[2J"));
        session.cancelled = true;
        command.join();
        assertEquals(11, out().lines().count());
    }

    @Test
    void followInJsonIsAnObjectOnEachLineAndEndsByInterrupt() throws InterruptedException {
        log.record("bound", "f", "one");
        Thread command = new Thread(() -> run("events", "--follow", "--json"));
        command.start();
        await().until(() -> out().endsWith("\n"));
        command.interrupt();
        command.join();
        assertTrue(out().startsWith("{\"schema\":1,\"events\":[{\"sequence\":1,\"time\":\""), out());
        assertEquals(1, out().lines().count());
    }
}
