// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.device.DeviceHandle;
import vfio.pci.core.admin.DriverUpdate.Step;
import vfio.pci.core.admin.PciAdmin.DriverRow;
import vfio.pci.core.fake.FakeDriver;

/** Which build serves a name, and which functions follow, while an update is under way and after it. */
class UpdateServingTest extends StagedUpdate {
    @Test
    void stagedBuildServesNothingUntilTold() {
        core.settle();
        core.admin.unbind(SECOND);
        core.arrives(next.service);
        core.arrives(FakeDriver.flagged("more", "*:*").from("acme", 8, "1.1.0"));
        assertEquals(List.of("acme 1.0.0 ready 1", "acme 1.1.0 withheld 0", "acme 1.1.0 withheld 0"), rows());
        DriverRow staged = core.admin.drivers().get(1);
        assertTrue(staged.reason().contains("waits for its update"), staged.reason());
        assertEquals(List.of("acme 1.0.0"), core.admin.candidates(FIRST).stream().map(one -> one.bundle()).toList());
        assertTrue(core.slot(SECOND).unbound(), "no new driver has come to it");
        assertEquals(Errno.ENODEV, TestCore.errno(() -> core.admin.bind(SECOND, "more", false)));
        core.admin.bind(SECOND, "acme", false);
        assertEquals("acme 1.0.0", bundle(SECOND));
    }

    @Test
    void buildsWithoutAStateInCommonGoOverAtTheLastCloseOnly() {
        core.arrives(next.service.with("state", "9"));
        DeviceHandle handle = open(FIRST);
        assertEquals(List.of("test/" + FIRST + " close", "test/" + SECOND + " idle"), ways());
        assertEquals(Errno.EOPNOTSUPP, refused(FIRST).errno());
        assertEquals(0, core.slot(FIRST).failures().size(), "no driver is the worse for it");
        core.settle();
        update.serve(true);
        await().until(() -> bundle(SECOND).equals("acme 1.1.0"));
        assertEquals("acme 1.0.0", bundle(FIRST));
        handle.close();
        await().until(() -> bundle(FIRST).equals("acme 1.1.0"));
        assertEquals(List.of(), core.events("unbound"));
        open(FIRST).close();
        assertEquals(List.of("remove", "parts", "close"), next.calls, "removed where it was refused");
    }

    @Test
    void nothingFollowsThatIsNotToldTo() {
        core.arrives(next.service);
        update.serve(false);
        core.rematch(FIRST);
        assertEquals("acme 1.0.0", bundle(FIRST));
        update.serve(true);
        update.close();
        core.rematch(FIRST);
        assertEquals("acme 1.0.0", bundle(FIRST));
    }

    @Test
    void functionThatDoesNotFollowIsTriedThreeTimes() {
        core.arrives(next.service).onProbe = device -> {
            throw new VfioException(Errno.ENXIO, "no firmware");
        };
        update.serve(true);
        for (int i = 0; i < 5; i++) {
            core.rematch(FIRST);
        }
        assertEquals("acme 1.0.0", bundle(FIRST));
        assertEquals(3, next.service.probed.size());
    }

    @Test
    void serveAndWithdrawChangeWhoServesAtOneMoment() {
        core.arrives(next.service);
        AtomicBoolean over = new AtomicBoolean();
        AtomicBoolean missed = new AtomicBoolean();
        CompletableFuture<Void> looking = CompletableFuture.runAsync(() -> {
            while (!over.get()) {
                var drivers = core.core.registry().snapshot();
                if (drivers.driver("acme") == null || drivers.withheld().size() != 1 || !drivers.index().has("acme")) {
                    missed.set(true);
                }
            }
        }, TestCore.OWN_THREAD);
        for (int i = 0; i < 100; i++) {
            update.serve(false);
            assertEquals(List.of("acme 1.0.0 withheld 2", "acme 1.1.0 ready 0"), rows());
            update.withdraw();
            assertEquals(List.of("acme 1.0.0 ready 2", "acme 1.1.0 withheld 0"), rows());
        }
        over.set(true);
        looking.join();
        assertFalse(missed.get());
    }

    @Test
    void policyLeavesFunctionsToTheUpdateWhoeverServes() {
        core.arrives(next.service);
        update.move(FIRST);
        for (Runnable step : List.<Runnable>of(() -> { }, () -> update.serve(false), () -> update.withdraw(),
                () -> update.serve(false), () -> update.close())) {
            step.run();
            for (String policy : List.of("auto", "pinned acme", "manual", "auto")) {
                core.admin.policy("*", policy);
                core.rematch(FIRST);
                core.rematch(SECOND);
                assertEquals("acme 1.1.0", bundle(FIRST));
                assertEquals("acme 1.0.0", bundle(SECOND));
                assertNull(core.row(SECOND).unmet());
            }
            assertFalse(core.admin.bind(SECOND, "acme", false).changed());
        }
        assertEquals(List.of(), core.events("unbound"));
    }

    @Test
    void afterServeTheFormerBundleMayGo() {
        core.arrives(next.service);
        DeviceHandle handle = open(FIRST);
        update.move(FIRST);
        update.serve(false);
        update.close();
        core.leaves(old.service);
        core.rematch(SECOND);
        assertEquals("acme 1.1.0", bundle(SECOND));
        assertTrue(handle.isOpen());
        assertEquals(List.of("acme 1.1.0 ready 2"), rows());
        core.arrives(old.service);
        assertEquals(List.of("acme 1.0.0 shadowed 0", "acme 1.1.0 ready 2"), rows(), "nothing of the update is left");
    }

    @Test
    void nextBuildThatLeavesUnservedLeavesAllAsBefore() {
        core.arrives(next.service);
        DeviceHandle handle = open(FIRST);
        core.leaves(next.service);
        update.close();
        assertEquals(List.of("acme 1.0.0 ready 2"), rows());
        assertTrue(handle.isOpen());
        core.arrives(next.service);
        assertEquals(List.of("acme 1.0.0 shadowed 2", "acme 1.1.0 ready 0"), rows());
    }

    @Test
    void refusedDriverOfTheNextBuildIsSeen() {
        assertEquals(Errno.ENODEV, TestCore.errno(() -> update.serve(false)));
        core.arrives(next.service.with("state", "1 2"));
        Step step = update.plan().get(0);
        assertEquals("close", step.way());
        assertTrue(step.obstacle().contains("no driver acme") && step.obstacle().contains("newest first"), step.obstacle());
        assertEquals(Errno.EINVAL, TestCore.errno(() -> update.serve(false)));
        assertEquals(List.of("acme 1.0.0 ready 2", "acme 1.1.0 refused 0"), rows());
    }

    @Test
    void updateAboveOneThatMovedNotAllLeavesThatAsItWas() {
        core.arrives(next.service);
        update.move(FIRST);
        update.serve(false);
        update.close();
        update = core.updates.stage(Set.of(7L, 8L), 9);
        Build third = new Build(9, "1.2.0", "1:2");
        core.arrives(third.service);
        List<String> mixed = List.of("acme 1.0.0 withheld 1", "acme 1.1.0 ready 1", "acme 1.2.0 withheld 0");
        assertEquals(mixed, rows());
        update.move(FIRST);
        update.move(SECOND);
        update.serve(false);
        assertEquals(List.of("acme 1.0.0 withheld 0", "acme 1.1.0 withheld 0", "acme 1.2.0 ready 2"), rows());
        update.withdraw();
        update.back(FIRST);
        update.back(SECOND);
        assertEquals(mixed, rows());
    }

    @Test
    void bundleWithoutADriverMayServeWhereNothingGoesOver() {
        core.admin.policy("*", "manual");
        core.admin.unbind(FIRST);
        core.admin.unbind(SECOND);
        update.serve(false);
        update.close();
        core.arrives(next.service);
        assertEquals(List.of("acme 1.0.0 withheld 0", "acme 1.1.0 ready 0"), rows());
    }

    @Test
    void secondUpdateOfABundleIsRefused() {
        assertEquals(Errno.EBUSY, TestCore.errno(() -> core.updates.stage(Set.of(3L), 7)));
        assertEquals(Errno.EBUSY, TestCore.errno(() -> core.updates.stage(Set.of(8L), 9)));
        update.close();
        core.updates.stage(Set.of(8L), 9).close();
        assertThrows(IllegalStateException.class, () -> update.withdraw());
    }
}
