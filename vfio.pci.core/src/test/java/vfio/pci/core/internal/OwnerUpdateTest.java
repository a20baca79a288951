// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.device.DriverState;
import vfio.pci.core.PciFunctionOwner;
import vfio.pci.core.VfioPciDevice;
import vfio.pci.core.admin.DriverUpdate.Update;
import vfio.pci.core.fake.FakeDriver;
import vfio.pci.core.fake.FakeFunction;
import vfio.pci.core.internal.TestCore.Settings;

/** A bundle whose driver uses a function itself is updated: its service goes on, and an illness of the next build shows. */
class OwnerUpdateTest {
    private static final String PF = "0000:03:00.0";

    private final TestCore core = new TestCore(new Settings("merged", 5_000, 10));
    private final Owning old = new Owning("old");
    private final Owning next = new Owning("next");
    private final AtomicInteger vfsSet = new AtomicInteger();
    private Callable<?> service;
    private Update update;

    /** A build of the driver, whose owners answer its name. */
    private static final class Owning {
        private final String name;
        volatile boolean healthy = true;
        volatile Exception throwing;
        volatile RuntimeException bug;
        volatile RuntimeException inHandOver;
        volatile Runnable onHandOver = () -> { };
        volatile Runnable onTakeOver = () -> { };
        final List<String> calls = new CopyOnWriteArrayList<>();

        Owning(String name) {
            this.name = name;
        }

        FakeDriver of(long id) {
            FakeDriver driver = FakeDriver.flagged("acme", "1:2").from("acme", id, "1." + id).owner().with("state", "1");
            driver.onProbe = Owner::new;
            return driver;
        }

        private final class Owner implements PciFunctionOwner, Callable<String>, Runnable {
            private final VfioPciDevice device;

            Owner(VfioPciDevice device) {
                this.device = device;
            }

            @Override
            public VfioPciDevice device() {
                return device;
            }

            @Override
            public void start() {
                device.offer(Callable.class, this, Map.of());
                device.offer(Runnable.class, this, Map.of());
            }

            @Override
            public String call() throws Exception {
                calls.add("call");
                if (throwing != null) {
                    throw throwing;
                }
                return name;
            }

            @Override
            public void run() {
                throw bug;
            }

            @Override
            public DriverState handOver(int version) {
                calls.add("handOver");
                onHandOver.run();
                if (inHandOver != null) {
                    throw inHandOver;
                }
                return DriverState.of(version);
            }

            @Override
            public void takeOver(DriverState state) {
                start();
                onTakeOver.run();
                calls.add("takenOver");
            }

            @Override
            public void stay() {
                calls.add("stay");
            }

            @Override
            public void handedOver() {
                calls.add("handedOver");
            }

            @Override
            public boolean healthy() {
                return healthy;
            }
        }
    }

    @BeforeEach
    void stage() throws Exception {
        core.arrives(old.of(7));
        FakeFunction pf = new FakeFunction(PF, 1, 2);
        pf.onVirtualFunctions = count -> vfsSet.incrementAndGet();
        core.bus.plug(pf);
        core.admin.bind(PF, "acme", false);
        service = service();
        assertEquals("old", service.call());
        update = core.updates.stage(Set.of(7L), 8);
        core.arrives(next.of(8));
    }

    @AfterEach
    void end() {
        update.close();
        core.close();
    }

    private Callable<?> service() {
        return core.slot(PF).bound().assembly().offered(Callable.class).orElseThrow();
    }

    private String name() {
        return core.slot(PF).name();
    }

    @Test
    void ownerGoesOverAndBack() throws Exception {
        assertEquals("state 1", update.plan().get(0).way());
        assertEquals("state 1", update.move(name()).way());
        assertEquals("next", service.call());
        update.back(name());
        assertEquals("old", service.call());
        assertSame(service, service());
        assertEquals(0, vfsSet.get());
    }

    @Test
    void ownerThatDoesNotWorkIsIll() {
        next.healthy = false;
        update.move(name());
        assertTrue(update.illness().orElse("").contains("does not work"), update.illness().toString());
    }

    @Test
    void serviceThatBreaksIsIll() {
        update.move(name());
        assertEquals(Optional.empty(), update.illness());
        next.throwing = new VfioException(Errno.EINVAL, "on purpose");
        assertThrows(VfioException.class, service::call);
        next.throwing = new Exception("declared");
        assertThrows(Exception.class, service::call);
        assertEquals(Optional.empty(), update.illness());
        next.bug = new ClassCastException("a bug");
        Runnable breaking = core.slot(PF).bound().assembly().offered(Runnable.class).orElseThrow();
        assertSame(next.bug, assertThrows(ClassCastException.class, breaking::run));
        assertTrue(update.illness().orElse("").contains("a bug"), update.illness().toString());
    }

    @Test
    void callsOfServicesCount() throws Exception {
        update.move(name());
        long before = update.operations(100);
        for (int i = 0; i < 10; i++) {
            service.call();
        }
        assertEquals(before + 10, update.operations(100));
    }

    @Test
    void ownerThatWorksAndDoesNotHandOverKeepsTheFunction() throws Exception {
        update.move(name());
        next.inHandOver = new IllegalStateException("a bug");
        assertThrows(VfioException.class, () -> update.back(name()));
        assertTrue(update.illness().isEmpty());
        assertEquals("acme 1.8.0", core.slot(PF).bound().driver().bundle().toString());
        assertEquals("next", service.call());
    }

    @Test
    void illOwnerThatDoesNotHandOverLosesTheFunctionToTheBuildOfBefore() throws Exception {
        next.healthy = false;
        update.move(name());
        assertTrue(update.illness().isPresent());
        next.inHandOver = new IllegalStateException("a bug");
        assertThrows(VfioException.class, () -> update.back(name()));
        assertEquals("acme 1.7.0", core.slot(PF).bound().driver().bundle().toString());
        assertEquals(Errno.ENOTCONN, assertThrows(VfioException.class, service::call).errno());
        assertEquals("old", service().call());
    }

    /** Where the owner does not come back, its services end before calls that wait go on. */
    @Test
    void noCallMeetsAnOwnerInsideItsHandOver() throws Exception {
        CountDownLatch handing = new CountDownLatch(1);
        old.onHandOver = () -> {
            handing.countDown();
            core.hang();
        };
        old.calls.clear();
        CompletableFuture<Errno> caller = CompletableFuture.supplyAsync(() -> {
            Errno errno = Errno.EAGAIN;
            while (errno == Errno.EAGAIN) { // as a call that has waited for a second
                errno = assertThrows(VfioException.class, () -> {
                    handing.await();
                    service.call();
                }).errno();
            }
            return errno;
        }, TestCore.OWN_THREAD);
        assertEquals(VfioException.Kind.STUCK, assertThrows(VfioException.class, () -> update.move(name())).kind());
        assertEquals(Errno.ENOTCONN, caller.get());
        assertEquals(List.of("handOver"), old.calls);
    }

    @Test
    void nextVersionThatTakesOverTooLateLetsGo() throws Exception {
        CountDownLatch late = new CountDownLatch(1);
        next.onTakeOver = () -> {
            try {
                late.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        };
        CompletableFuture<Errno> move = CompletableFuture.supplyAsync(() -> TestCore.errno(() -> update.move(name())),
                TestCore.OWN_THREAD);
        await().until(() -> old.calls.contains("stay"));
        late.countDown();
        assertEquals(Errno.EBUSY, move.get());
        assertEquals("old", service.call());
        await().until(() -> next.calls.equals(List.of("takenOver", "handedOver")));
    }
}
