// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.internal;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static vfio.hardware.emulated.internal.Buses.at;
import static vfio.hardware.emulated.internal.Buses.nic;
import static vfio.hardware.emulated.internal.Buses.physical;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.pci.core.bus.PciBus;
import vfio.pci.core.bus.PciFunction;
import vfio.pci.core.id.PciAddress;

@Timeout(60)
class AnnounceTest {
    @TempDir
    Path directory;
    private EmulatedBus bus;

    @BeforeEach
    void start() {
        bus = Buses.empty(directory);
    }

    /** A listener that does something at the first function it hears of. */
    private static final class AtFirst implements PciBus.Listener {
        final List<String> heard = new ArrayList<>();
        private final Runnable act;

        AtFirst(Runnable act) {
            this.act = act;
        }

        @Override
        public void added(PciFunction function) {
            heard.add("<" + function.address());
            if (heard.size() == 1) {
                act.run();
            }
            heard.add(function.address() + ">");
        }

        @Override
        public void removed(PciAddress address) {
            heard.add("-" + address);
        }
    }

    @Test
    void aChangeMadeByTheListenerComesAfterTheCallItIsIn() {
        AtFirst listener = new AtFirst(() -> bus.plug(nic("00:05.0")));
        bus.announce(listener);
        bus.plug(nic("00:04.0"));
        assertEquals(List.of("<0000:00:04.0", "0000:00:04.0>", "<0000:00:05.0", "0000:00:05.0>"), listener.heard);
    }

    @Test
    void anotherThreadsChangeDoesNotWaitForASlowListener() throws Exception {
        CountDownLatch listening = new CountDownLatch(1);
        CountDownLatch changed = new CountDownLatch(1);
        AtFirst listener = new AtFirst(() -> {
            listening.countDown();
            awaitLatch(changed);
        });
        bus.plug(nic("00:04.0"));
        Thread announcing = new Thread(() -> bus.announce(listener));
        announcing.start();
        listening.await();
        bus.unplug(at("00:04.0"));
        changed.countDown();
        announcing.join();
        assertEquals(List.of("<0000:00:04.0", "0000:00:04.0>", "-0000:00:04.0"), listener.heard);
    }

    private static void awaitLatch(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void closeWaitsForTheCallUnderWayAndNothingComesAfter() throws Exception {
        CountDownLatch listening = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        AtFirst listener = new AtFirst(() -> {
            listening.countDown();
            awaitLatch(go);
        });
        AutoCloseable announcement = bus.announce(listener);
        Thread plugging = new Thread(() -> bus.plug(nic("00:04.0")));
        plugging.start();
        listening.await();
        bus.plug(nic("00:05.0"));
        Thread closing = new Thread(() -> {
            try {
                announcement.close();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
        closing.start();
        await().atMost(30, TimeUnit.SECONDS).until(() -> closing.getState() == Thread.State.WAITING);
        go.countDown();
        closing.join();
        assertEquals("0000:00:04.0>", listener.heard.get(listener.heard.size() - 1), "the call had ended");
        int heard = listener.heard.size();
        bus.plug(nic("00:06.0"));
        plugging.join();
        assertEquals(heard, listener.heard.size());
    }

    @Test
    void aListenerMayCloseFromItsOwnCall() throws Exception {
        AutoCloseable[] announcement = new AutoCloseable[1];
        AtFirst listener = new AtFirst(() -> {
            try {
                announcement[0].close();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
        announcement[0] = bus.announce(listener);
        bus.plug(nic("00:04.0"));
        bus.plug(nic("00:05.0"));
        assertEquals(List.of("<0000:00:04.0", "0000:00:04.0>"), listener.heard);
    }

    @Test
    void oneListenerAtATimeAndTheNextHearsOfAllThatIsThere() throws Exception {
        bus.plug(nic("00:04.0"));
        AutoCloseable first = bus.announce(new Recorder());
        VfioException e = assertThrows(VfioException.class, () -> bus.announce(new Recorder()));
        assertEquals(Errno.EBUSY, e.errno());
        first.close();
        first.close();
        Recorder next = new Recorder();
        AutoCloseable second = bus.announce(next);
        first.close();
        bus.plug(nic("00:05.0"));
        assertEquals(List.of("+0000:00:04.0", "+0000:00:05.0"), next.heard);
        second.close();
    }

    @Test
    void aListenerThatThrowsHearsOfTheNextChange() {
        AtFirst listener = new AtFirst(() -> {
            throw new IllegalStateException("first");
        });
        bus.announce(listener);
        bus.plug(nic("00:04.0"));
        bus.plug(nic("00:05.0"));
        assertEquals(List.of("<0000:00:04.0", "<0000:00:05.0", "0000:00:05.0>"), listener.heard);
    }

    @Test
    void manyThreadsPlugAndUnplugWithoutOverlapOrLoss() throws Exception {
        Recorder recorder = new Recorder();
        bus.plug(physical("01:00.0", 16, 8, 1));
        AutoCloseable announcement = bus.announce(recorder);
        ExecutorService threads = Executors.newFixedThreadPool(6);
        List<Future<?>> work = new ArrayList<>();
        for (int seed = 0; seed < 6; seed++) {
            Random random = new Random(seed);
            work.add(threads.submit(() -> churn(random)));
        }
        for (Future<?> w : work) {
            w.get();
        }
        threads.shutdown();
        assertEquals(0, recorder.overlaps.get());
        assertEquals(0, recorder.nonsense.get());
        announcement.close();
        Recorder fresh = new Recorder();
        bus.announce(fresh);
        assertEquals(fresh.present, recorder.present, "what was heard adds up to what is there");
        assertTrue(recorder.heard.size() > 500);
        PciFunction pf = bus.function(at("01:00.0"));
        assertEquals(pf.virtualFunctions().size(), fresh.present.values().stream()
                .filter(f -> f.physicalFunction().isPresent()).count());
        assertFalse(fresh.present.isEmpty());
    }

    private Object churn(Random random) {
        for (int i = 0; i < 500; i++) {
            PciAddress place = new PciAddress(0, 1, random.nextInt(3), random.nextInt(8));
            try {
                switch (random.nextInt(4)) {
                    case 0, 1 -> bus.plug(nic(place.toString()));
                    case 2 -> {
                        if (place.routingId() != 0x100) {
                            bus.unplug(place);
                        }
                    }
                    default -> bus.enableVirtualFunctions(at("01:00.0"), random.nextInt(2) * random.nextInt(17));
                }
            } catch (VfioException e) {
                assertTrue(List.of(Errno.EEXIST, Errno.ENODEV, Errno.EBUSY, Errno.EINVAL).contains(e.errno()),
                        e.getMessage());
            }
        }
        return null;
    }
}
