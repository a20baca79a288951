// SPDX-License-Identifier: Apache-2.0
package vfio.os;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import vfio.core.Errno;
import vfio.core.VfioException;

/** Eventfds and the loop that waits for them, on this host's kernel. */
class EventsTest {
    private final Kernel kernel = Kernel.host();
    private final long before = OpenFiles.descriptors();

    @AfterEach
    void loopEndsWithItsLastRegistration() {
        await().until(() -> OpenFiles.descriptors() == before);
        await().until(() -> Thread.getAllStackTraces().keySet().stream().noneMatch(t -> t.getName().equals("vfio-epoll")));
    }

    @Test
    void eventfdCountsUntilItIsTaken() {
        try (EventFd event = kernel.eventFd()) {
            assertEquals(0, event.take());
            event.signal();
            event.signal();
            assertEquals(2, event.take());
            assertEquals(0, event.take());
        }
    }

    @Test
    void closedEventfdDropsSignalsAndIsNotUsable() {
        EventFd event = kernel.eventFd();
        assertTrue(event.usable());
        event.close();
        event.signal();
        assertFalse(event.usable());
        assertEquals(Errno.EBADF, assertThrows(VfioException.class, event::take).errno());
        assertEquals(Errno.EBADF, assertThrows(VfioException.class, () -> event.listen(() -> { })).errno());
    }

    @Test
    void listenerHearsSignalsOfBeforeAndAfter() throws Exception {
        AtomicInteger heard = new AtomicInteger();
        try (EventFd event = kernel.eventFd()) {
            event.signal();
            try (AutoCloseable listening = event.listen(heard::incrementAndGet)) {
                await().until(() -> heard.get() == 1);
                event.signal();
                await().until(() -> heard.get() == 2);
                assertTrue(listening != null);
            }
            event.signal();
            assertEquals(1, event.take(), "nobody listens any more");
        }
        assertEquals(2, heard.get());
    }

    @Test
    void manyDescriptorsShareOneThread() throws Exception {
        int many = 200;
        AtomicInteger heard = new AtomicInteger();
        List<EventFd> events = new ArrayList<>();
        List<AutoCloseable> listening = new ArrayList<>();
        for (int i = 0; i < many; i++) {
            EventFd event = kernel.eventFd();
            events.add(event);
            listening.add(event.listen(heard::incrementAndGet));
        }
        events.forEach(EventFd::signal);
        await().until(() -> heard.get() == many);
        assertEquals(1, Thread.getAllStackTraces().keySet().stream().filter(t -> t.getName().equals("vfio-epoll")).count());
        for (int i = 0; i < many; i++) {
            listening.get(i).close();
            events.get(i).close();
        }
    }

    @Test
    void listenerThatThrowsHurtsNobodyElse() throws Exception {
        AtomicInteger heard = new AtomicInteger();
        try (EventFd bad = kernel.eventFd(); EventFd good = kernel.eventFd(); AutoCloseable one = bad.listen(() -> {
            throw new AssertionError("on purpose");
        }); AutoCloseable two = good.listen(heard::incrementAndGet)) {
            bad.signal();
            good.signal();
            await().until(() -> heard.get() == 1);
            assertTrue(one != two);
        }
    }

    @Test
    void callbackMayEndItselfAndOthers() throws Exception {
        AtomicInteger heard = new AtomicInteger();
        AutoCloseable[] listening = new AutoCloseable[2];
        try (EventFd first = kernel.eventFd(); EventFd second = kernel.eventFd()) {
            listening[1] = second.listen(heard::incrementAndGet);
            listening[0] = first.listen(() -> {
                try {
                    listening[0].close();
                    listening[1].close();
                } catch (Exception e) {
                    throw new AssertionError(e);
                }
                heard.addAndGet(100);
            });
            first.signal();
            await().until(() -> heard.get() == 100);
            second.signal();
            assertEquals(1, second.take());
        }
    }

    @Test
    void whatAListenerThrowsKeepsNobodyElseFromBeingHeard() throws Exception {
        try (EventFd bad = kernel.eventFd(); EventFd good = kernel.eventFd()) {
            AtomicInteger heard = new AtomicInteger();
            AtomicInteger threw = new AtomicInteger();
            AutoCloseable one = good.listen(heard::incrementAndGet);
            AutoCloseable other = bad.listen(() -> {
                threw.incrementAndGet();
                throw new IllegalStateException() {
                    private static final long serialVersionUID = 1L;

                    @Override
                    public String getMessage() {
                        throw this;
                    }

                    @Override
                    public String toString() {
                        throw this;
                    }
                };
            });
            for (int i = 1; i <= 3; i++) {
                int expected = i;
                bad.signal();
                await().until(() -> threw.get() == expected);
                good.signal();
                await().until(() -> heard.get() == expected);
            }
            one.close();
            other.close();
        }
    }

    @Test
    void fileThatIsAlwaysReadyCannotBeWaitedFor(@TempDir Path folder) throws Exception {
        Path file = Files.writeString(folder.resolve("f"), "x");
        try (Fd fd = kernel.open(file.toString(), Kernel.READ_ONLY)) {
            assertEquals(Errno.EPERM,
                    assertThrows(VfioException.class, () -> kernel.loop().add(fd, number -> { })).errno());
        }
    }

    @Test
    void noSignalIsLostBetweenRegistrations() throws Exception {
        try (EventFd event = kernel.eventFd()) {
            AtomicInteger heard = new AtomicInteger();
            for (int i = 1; i <= 200; i++) {
                event.signal();
                int expected = i;
                try (AutoCloseable listening = event.listen(heard::incrementAndGet)) {
                    await().pollInterval(Duration.ofMillis(1)).until(() -> heard.get() == expected);
                    assertTrue(listening != null);
                }
            }
        }
    }
}
