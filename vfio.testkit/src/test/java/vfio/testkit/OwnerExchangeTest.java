// SPDX-License-Identifier: Apache-2.0
package vfio.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.device.DriverState;
import vfio.pci.core.id.PciAddress;

/** A driver that uses its function itself is exchanged for another version of it, while others call its service. */
class OwnerExchangeTest extends ExchangedOwner {
    @Test
    void ownerDrivesItsFunctionAndOffersThat() {
        bind();
        assertEquals(42, rig.offered(Doubler.class).doubled(21));
        assertEquals(List.of("start"), owner(0).calls);
        rig.unbind();
        assertEquals(List.of("start", "stop", "remove"), owner(0).calls);
    }

    @Test
    void nextVersionFindsTheFunctionAtWork() {
        bind();
        Doubler service = rig.offered(Doubler.class);
        service.doubled(1);
        owner(0).bar.write64(CommandModel.SCRATCH, 0x5c7a);
        owner(0).memory.view().write64(64, 0xf1a7);
        long resets = owner(0).bar.read64(0);
        rig.exchange();
        assertSame(service, rig.offered(Doubler.class));
        assertEquals(6, service.doubled(3));
        Doubling next = owner(1);
        assertEquals(0x5c7a, next.bar.read64(CommandModel.SCRATCH));
        assertEquals(0xf1a7, next.memory.view().read64(64));
        assertEquals(owner(0).memory.iova(), next.memory.iova());
        assertEquals(resets, next.bar.read64(0), "nothing was reset");
        assertEquals(2, next.commands.get());
        assertEquals(List.of("start", "handOver 1", "handedOver", "remove"), owner(0).calls);
        assertEquals(List.of("takeOver 1"), next.calls);
    }

    @Test
    void exchangeWithoutAState() {
        rig.state("0");
        bind();
        rig.exchange();
        assertEquals(8, rig.offered(Doubler.class).doubled(4));
        assertEquals(List.of("start", "handedOver", "remove"), owner(0).calls);
        assertEquals(List.of("takeOver 0"), owner(1).calls);
    }

    @Test
    void ownerWithoutAVersionIsNotExchanged() {
        rig.state("");
        bind();
        assertEquals(Errno.EOPNOTSUPP, refused().errno());
        assertEquals(List.of("remove"), owner(1).calls);
        assertEquals(8, rig.offered(Doubler.class).doubled(4));
    }

    /** Every call of a consumer is answered, by whichever version; every interrupt comes to one of them. */
    @Test
    void consumersAndInterruptsSeeNoExchange() throws Exception {
        bind();
        Doubler service = rig.offered(Doubler.class);
        AtomicBoolean ended = new AtomicBoolean();
        AtomicReference<Throwable> failure = new AtomicReference<>();
        AtomicLong calls = new AtomicLong();
        AtomicLong raised = new AtomicLong();
        Thread consumer = thread(failure, () -> {
            while (!ended.get()) {
                long number = calls.incrementAndGet();
                assertEquals(2 * number, service.doubled(number));
            }
        });
        Thread storm = thread(failure, () -> {
            while (!ended.get()) {
                raised.incrementAndGet();
                rig.raise(1);
            }
        });
        for (int i = 0; i < 30; i++) {
            exchanged();
        }
        ended.set(true);
        consumer.join();
        storm.join();
        assertEquals(null, failure.get());
        Doubling last = (Doubling) rig.binding();
        assertEquals(calls.get(), last.commands.get());
        assertEquals(raised.get(), last.messages.get(1).take(), "no version has taken one");
        assertTrue(calls.get() > 0);
    }

    /** What comes in the pause, the next version hears; each exactly once. */
    @Test
    void interruptsInThePauseAreCounted() {
        bind(Doubling::new, device -> new Doubling(device) {
            @Override
            public void takeOver(DriverState state) {
                rig.raise(1);
                super.takeOver(state);
                rig.raise(1);
            }
        });
        rig.raise(1);
        rig.exchange();
        assertEquals(3, owner(1).messages.get(1).take());
        assertEquals(0, owner(0).messages.get(1).take());
    }

    @Test
    void nextVersionMayHaveMoreMemoryAndServices() {
        bind(Doubling::new, device -> new Doubling(device) {
            @Override
            public void takeOver(DriverState state) {
                super.takeOver(state);
                device.dma("more", 8192).view().write64(0, 9);
                device.offer(Runnable.class, () -> { }, Map.of());
            }
        }, device -> new Doubling(device) {
            @Override
            public void takeOver(DriverState state) {
                super.takeOver(state);
                assertEquals(9, device.dma("more", 8192).view().read64(0));
                device.offer(Runnable.class, () -> { }, Map.of());
            }
        });
        rig.exchange();
        rig.offered(Runnable.class).run();
        rig.exchange();
        rig.offered(Runnable.class).run();
    }

    @Test
    void formerVersionReachesNothing() {
        bind();
        Doubling former = owner(0);
        rig.exchange();
        former.memory.close();
        former.messages.forEach(message -> message.close());
        assertEquals(Errno.ENODEV, assertThrows(VfioException.class, () -> former.device.dma("x", 1)).errno());
        assertEquals(Errno.ENODEV, assertThrows(VfioException.class, () -> former.device.msix(1)).errno());
        assertEquals(Errno.ENODEV, assertThrows(VfioException.class, () -> former.device.bar(0)).errno());
        assertEquals(Errno.ENODEV, assertThrows(VfioException.class,
                () -> former.device.offer(Runnable.class, () -> { }, Map.of())).errno());
        assertEquals(Errno.ENODEV, assertThrows(VfioException.class, () -> former.device.memory("x", 1)).errno());
        assertEquals(Errno.ENODEV, assertThrows(VfioException.class,
                () -> former.messages.get(1).await(Duration.ZERO)).errno());
        assertEquals(2, rig.offered(Doubler.class).doubled(1));
    }

    @Test
    void functionKeepsItsVirtualFunctions() {
        bind();
        owner(0).device.function().enableVirtualFunctions(2);
        List<PciAddress> before = rig.function().virtualFunctions();
        assertEquals(2, before.size());
        rig.exchange();
        assertEquals(before, rig.function().virtualFunctions());
    }

    @Test
    void callInsideAServiceDoesNotExchange() {
        AtomicReference<VfioException> inside = new AtomicReference<>();
        bind(device -> new Doubling(device) {
            @Override
            public long doubled(long number) {
                if (number == 0) {
                    inside.set(refused());
                }
                return number == 0 ? 0 : super.doubled(number);
            }
        });
        rig.offered(Doubler.class).doubled(0);
        assertEquals(Errno.EDEADLK, inside.get().errno());
        rig.exchange();
    }

    /** The service calls its consumer, which calls the service, while an exchange waits for the outer call. */
    @Test
    void callFromInsideACallGoesOn() throws Exception {
        AtomicReference<Runnable> consumers = new AtomicReference<>(() -> { });
        bind(device -> new Doubling(device) {
            @Override
            public synchronized long doubled(long number) {
                consumers.getAndSet(() -> { }).run();
                return super.doubled(number);
            }
        });
        Doubler service = rig.offered(Doubler.class);
        AtomicReference<Throwable> failure = new AtomicReference<>();
        consumers.set(() -> {
            Thread exchange = thread(failure, this::exchanged);
            Doubling.comes(() -> exchange.getState() == Thread.State.TIMED_WAITING);
            assertEquals(4, service.doubled(2));
        });
        assertEquals(2, service.doubled(1));
        assertTrue(Doubling.comes(() -> made.size() > 1 && rig.binding() != made.get(0)));
        assertEquals(6, service.doubled(3));
        assertEquals(null, failure.get());
    }

    /** Owners come and go under the calls of a consumer, which are answered or refused with ENOTCONN. */
    @Test
    void consumersOutliveOwners() throws Exception {
        Threads threads = new Threads(Duration.ofSeconds(20));
        bind();
        AtomicReference<Doubler> service = new AtomicReference<>(rig.offered(Doubler.class));
        AtomicBoolean ended = new AtomicBoolean();
        AtomicReference<Throwable> failure = new AtomicReference<>();
        Thread consumer = thread(failure, () -> {
            while (!ended.get()) {
                try {
                    assertEquals(8, service.get().doubled(4));
                } catch (VfioException e) {
                    assertEquals(Errno.ENOTCONN, e.errno(), e.getMessage());
                }
            }
        });
        for (int i = 0; i < 20; i++) {
            exchanged();
            rig.rebind();
            service.set(rig.offered(Doubler.class));
        }
        ended.set(true);
        consumer.join();
        assertEquals(null, failure.get());
        assertEquals(List.of(), threads.left());
    }

    @Test
    void servicesEndWithTheirOwner() {
        bind();
        Doubler service = rig.offered(Doubler.class);
        rig.unbind();
        assertEquals(Errno.ENOTCONN, assertThrows(VfioException.class, () -> service.doubled(1)).errno());
        assertEquals(service, service);
        assertTrue(service.toString().contains(Doubler.class.getName()));
        rig.bind();
        assertNotSame(service, rig.offered(Doubler.class));
        assertEquals(2, rig.offered(Doubler.class).doubled(1));
        assertEquals(Errno.ENOTCONN, assertThrows(VfioException.class, () -> service.doubled(1)).errno());
    }

    @Test
    void nothingOfTheFormerVersionIsReachable() {
        bind();
        Doubler service = rig.offered(Doubler.class);
        service.doubled(1);
        var before = rig.trace();
        rig.exchange();
        made.set(0, null);
        assertTrue(Facts.collected(before));
        assertEquals(2, service.doubled(1));
        assertFalse(rig.fault().isPresent());
    }
}
