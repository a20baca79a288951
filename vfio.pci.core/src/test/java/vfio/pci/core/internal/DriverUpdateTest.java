// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.Test;
import vfio.core.Errno;
import vfio.core.IrqRequest;
import vfio.core.VfioException;
import vfio.core.VfioException.Kind;
import vfio.core.device.DeviceHandle;
import vfio.core.device.DriverState;
import vfio.core.device.Region;
import vfio.core.feature.FeatureRequest;
import vfio.core.feature.Features;
import vfio.pci.core.admin.DriverUpdate.Moved;
import vfio.pci.core.admin.DriverUpdate.Step;
import vfio.pci.core.fake.FakeDriver;
import vfio.pci.core.fake.FakeFunction;
import vfio.pci.core.fake.HardwareImage;
import vfio.pci.core.id.IrqIndex;
import vfio.pci.core.id.RegionIndex;
import vfio.pci.core.internal.match.MatchRules;

/** A bundle's functions go over to another build of it: users keep them, or they stay where they were. */
class DriverUpdateTest extends StagedUpdate {
    private FakeFunction pfWithVf(IntConsumer onCount) {
        HardwareImage image = new HardwareImage(4096);
        image.standard(0x10, HardwareImage.body(0x32, 0, 2));
        image.extended(0x10, HardwareImage.body(0x3c, 0x0a, 4));
        FakeFunction pf = new FakeFunction(PF, 1, 2);
        pf.config = image;
        pf.onVirtualFunctions = onCount;
        core.bus.plug(pf);
        core.rematch(PF);
        FakeFunction vf = new FakeFunction(VF, 1, 2);
        vf.physicalFunction = pf.address();
        pf.virtualFunctions = List.of(vf.address());
        core.bus.plug(vf);
        core.rematch(VF);
        return pf;
    }

    private void assertIsWithTheOld(DeviceHandle handle) {
        assertEquals("acme 1.0.0", bundle(FIRST));
        long before = old.reads.get();
        handle.region(RegionIndex.CONFIG).read32(0);
        assertEquals(before + 1, old.reads.get());
        assertEquals(1, core.events("update-failed").size());
    }

    @Test
    void openFunctionGoesOverWhileItIsRead() throws Exception {
        core.arrives(next.service);
        DeviceHandle handle = open(FIRST);
        Region config = handle.region(RegionIndex.CONFIG);
        AtomicBoolean over = new AtomicBoolean();
        AtomicLong done = new AtomicLong();
        CompletableFuture<Void> reader = CompletableFuture.runAsync(() -> {
            while (!over.get()) {
                config.read32(0);
                done.incrementAndGet();
            }
        }, TestCore.OWN_THREAD);
        await().until(() -> done.get() > 100);
        Moved moved = moveInTheEnd(FIRST);
        long then = done.get();
        await().until(() -> done.get() > then + 100);
        over.set(true);
        reader.get();
        assertEquals("test/" + FIRST + " acme state 1", moved.function() + " " + moved.driver() + " " + moved.way());
        assertTrue(moved.pause().toNanos() > 0 && moved.bytes() > 0, moved.toString());
        assertEquals(done.get(), next.reads.get());
        assertEquals(List.of("parts", "handOver", "handedOver", "remove"), old.calls);
        assertEquals(List.of("takeOver", "parts"), next.calls);
        assertEquals("acme 1.1.0", bundle(FIRST));
        assertEquals("unchanged", update.move(FIRST).way());
        assertTrue(core.events("driver-updated").get(0).text().startsWith("acme of acme 1.0.0 to acme 1.1.0, way state 1, "));
        core.rematch(FIRST);
        assertEquals("acme acme policy auto", core.state(FIRST), "its policy has what it wants");
        assertEquals("acme 1.1.0", bundle(FIRST));
        handle.close();
        assertEquals(List.of("takeOver", "parts", "close"), next.calls);
    }

    /** Where the reader gets no processor inside a read, the exchange is called off. */
    private Moved moveInTheEnd(String function) {
        while (true) {
            try {
                return update.move(function);
            } catch (VfioException e) {
                assertEquals(Errno.EBUSY, e.errno());
            }
        }
    }

    @Test
    void idleFunctionGoesOverWithoutACallOfItsDevice() {
        core.arrives(next.service);
        assertEquals(new Moved("test/" + FIRST, "acme", "idle", Duration.ZERO, 0, 0), update.move(FIRST));
        assertEquals(List.of("remove"), old.calls);
        assertEquals(List.of(), core.events("unbound"));
        open(FIRST).close();
        assertEquals(List.of("parts", "close"), next.calls);
    }

    @Test
    void pfKeepsItsVfsAndTheirUsers() {
        List<Integer> counts = new ArrayList<>();
        FakeFunction pf = pfWithVf(counts::add);
        DeviceHandle user = open(PF);
        ByteBuffer uuid = ByteBuffer.allocate(16).putLong(0x0123456789ab4defL).putLong(0x8123456789abcdefL).flip();
        user.feature(new FeatureRequest(24, FeatureRequest.SET | Features.PCI_VF_TOKEN, uuid, null));
        DeviceHandle ofVf = open(VF + " vf_token=01234567-89ab-4def-8123-456789abcdef");
        core.arrives(next.service);
        Object token = core.slot(PF).bound().token();
        assertEquals("state 1", update.move(PF).way());
        user.close();
        update.back(PF);
        assertEquals("idle", update.move(PF).way());
        assertEquals(token, core.slot(PF).bound().token());
        assertEquals("state 1", update.move(VF).way());
        assertTrue(ofVf.isOpen());
        assertEquals(List.of(), counts);
        assertEquals(1, pf.virtualFunctions.size());
    }

    @Test
    void nextBuildThatDoesNotMatchIsRefused() {
        core.arrives(new Build(8, "1.1.0", "1:3").service);
        update.close();
        core.core.registry().rules(MatchRules.STRICT_RFC);
        update = core.updates.stage(Set.of(7L), 8);
        DeviceHandle handle = open(FIRST);
        assertEquals(Errno.ENODEV, refused(FIRST).errno());
        assertTrue(update.plan().get(0).obstacle().contains("no entry of its table agrees"), update.plan().toString());
        assertIsWithTheOld(handle);
    }

    @Test
    void dynamicIdsCountForTheNextBuildToo() {
        core.plug("0000:04:00.0", 5, 6);
        core.admin.newId("acme", "5 6");
        core.rematch("0000:04:00.0");
        core.arrives(next.service);
        update.move("0000:04:00.0");
        assertEquals("acme 1.1.0", bundle("0000:04:00.0"));
        assertEquals(List.of("0005:0006"), next.service.ids.stream().map(Object::toString).toList());
    }

    @Test
    void probeThatThrowsLeavesTheOldAndIsRecorded() {
        core.arrives(next.service).onProbe = device -> {
            throw new VfioException(Errno.ENXIO, "no firmware");
        };
        DeviceHandle handle = open(FIRST);
        assertEquals(Errno.ENXIO, refused(FIRST).errno());
        assertIsWithTheOld(handle);
        assertEquals(1, core.slot(FIRST).failures().values().iterator().next().count());
        assertEquals(List.of("parts"), old.calls);
    }

    @Test
    void takeOverThatThrowsLeavesTheOld() {
        core.arrives(next.service);
        next.onTakeOver = () -> {
            throw new IllegalStateException("bug");
        };
        DeviceHandle handle = open(FIRST);
        assertEquals(Errno.EIO, refused(FIRST).errno());
        assertIsWithTheOld(handle);
        assertEquals(List.of("parts", "handOver", "stay"), old.calls);
        assertEquals(List.of("takeOver", "parts", "remove"), next.calls);
    }

    @Test
    void driverThatWorksAndHandsNothingOverKeepsTheDevice() {
        core.arrives(next.service);
        DeviceHandle handle = open(FIRST);
        update.move(FIRST);
        update.serve(false);
        next.handed = count -> {
            throw new IllegalStateException("bug");
        };
        for (int i = 0; i < 2; i++) { // its failure of before is no sign of illness
            assertEquals(Kind.NOT_HANDED_OVER, assertThrows(VfioException.class, () -> update.back(FIRST)).kind());
            assertTrue(handle.isOpen());
            assertEquals("acme 1.1.0", bundle(FIRST));
            assertTrue(update.illness().isEmpty(), () -> update.illness().toString());
        }
        handle.region(RegionIndex.CONFIG).read32(0);
    }

    @Test
    void driverThatIsIllAndHandsNothingOverLosesTheDevice() {
        core.arrives(next.service);
        DeviceHandle handle = open(FIRST);
        update.move(FIRST);
        next.onRead = () -> {
            throw new IllegalStateException("bug");
        };
        next.handed = count -> {
            throw new IllegalStateException("bug");
        };
        assertThrows(VfioException.class, () -> handle.region(RegionIndex.CONFIG).read32(0));
        assertTrue(update.illness().isPresent());
        assertEquals(Kind.STUCK, assertThrows(VfioException.class, () -> update.back(FIRST)).kind());
        assertFalse(handle.isOpen());
        assertEquals("acme 1.0.0", bundle(FIRST));
    }

    @Test
    void takeOverThatHangsIsToldAsTheExchangeThatItWas() {
        core.core.addSettings(BindTest.settings("acme", "", 300));
        core.arrives(next.service);
        next.onTakeOver = core::hang;
        open(FIRST);
        refused(FIRST);
        await().until(() -> core.admin.drivers().stream().anyMatch(row -> row.state().equals("faulty")));
        VfioException again = refused(FIRST);
        assertEquals(Errno.EIO, again.errno());
        assertTrue(again.sentence().startsWith("exchange the driver of test/" + FIRST + " for acme of acme 1.1.0: "
                + "the driver is faulty, stuck in take over"), again.sentence());
    }

    @Test
    void reasonToWaitIsRecordedOnceUntilItIsAnotherOne() {
        core.arrives(next.service);
        DeviceHandle handle = open(FIRST);
        core.slot(FIRST).held(true);
        refused(FIRST);
        refused(FIRST);
        assertEquals(1, core.events("update-waits").size());
        core.slot(FIRST).held(false);
        update.move(FIRST);
        update.back(FIRST);
        core.slot(FIRST).held(true);
        refused(FIRST);
        assertEquals(2, core.events("update-waits").size());
        core.slot(FIRST).held(false);
        assertTrue(handle.isOpen());
    }

    @Test
    void driverThatDoesNotComeBackFromHandingOverLosesTheDevice() {
        core.arrives(next.service);
        old.handed = count -> {
            core.hang();
            return DriverState.of(1);
        };
        DeviceHandle handle = open(FIRST);
        assertEquals(Kind.STUCK, refused(FIRST).kind());
        assertFalse(handle.isOpen());
        assertNull(core.slot(FIRST).bound());
        assertEquals(1, core.events("update-failed").size());
        assertEquals(1, core.events("unbound").size());
    }

    @Test
    void functionOfAnotherDriverOrNoneIsEnodev() {
        core.arrives(FakeDriver.flagged("other", "*:*"));
        assertEquals(Errno.ENODEV, refused(FIRST).errno(), "the next build is not started");
        core.arrives(next.service);
        core.admin.policy(FIRST, "manual");
        core.admin.bind(FIRST, "other", false);
        assertEquals(Errno.ENODEV, refused(FIRST).errno());
        core.admin.unbind(FIRST);
        assertEquals(Errno.ENODEV, refused(FIRST).errno());
        assertEquals(Errno.ENODEV, refused("0000:0f:00.0").errno());
    }

    @Test
    void planNamesUsersAndWhatStandsInTheWay() {
        core.arrives(next.service);
        open(FIRST);
        assertEquals(List.of(new Step("test/" + FIRST, "acme", "state 1", List.of("user"), null),
                new Step("test/" + SECOND, "acme", "idle", List.of(), null)), update.plan());
        assertEquals(List.of(), next.service.probed);
        core.slot(FIRST).held(true);
        assertTrue(update.plan().get(0).obstacle().contains("is being stopped"));
        core.slot(FIRST).held(false);
        update.move(FIRST);
        assertEquals(List.of("test/" + SECOND + " idle"), ways());
    }

    @Test
    void whoIsInsideAnAccessMayNotMove() {
        core.arrives(next.service);
        DeviceHandle handle = open(FIRST);
        List<Errno> refused = new ArrayList<>();
        old.onRead = () -> refused.add(TestCore.errno(() -> update.move(FIRST)));
        handle.region(RegionIndex.CONFIG).read32(0);
        assertEquals(List.of(Errno.EDEADLK), refused);
    }

    @Test
    void nextBuildThatLeavesDuringTheMoveTakesTheFunctionWithIt() {
        core.arrives(next.service);
        DeviceHandle handle = open(FIRST);
        next.onTakeOver = () -> {
            CompletableFuture.runAsync(() -> core.leaves(next.service), TestCore.OWN_THREAD);
            await().until(() -> core.admin.drivers().size() == 1);
        };
        assertEquals(Errno.ENODEV, refused(FIRST).errno());
        assertFalse(handle.isOpen());
        assertNull(core.slot(FIRST).bound());
        core.rematch(FIRST);
        assertEquals("acme 1.0.0", bundle(FIRST));
    }

    @Test
    void functionThatIsUnpluggedDuringTheMoveIsGone() {
        core.arrives(next.service);
        DeviceHandle handle = open(FIRST);
        handle.setIrqs(IrqRequest.trigger(IrqIndex.REQ, 0, () -> { }));
        var slot = core.slot(FIRST);
        next.onTakeOver = () -> {
            CompletableFuture.runAsync(() -> core.bus.unplug(first), TestCore.OWN_THREAD);
            await().until(() -> !handle.isOpen());
        };
        assertEquals(Errno.ENODEV, refused(FIRST).errno());
        await().until(() -> slot.bound() == null);
        assertEquals(List.of("test/" + SECOND + " idle"), ways());
        await().until(() -> old.calls.contains("remove") && next.calls.contains("remove"));
    }

    @Test
    void callsAreCountedFromTheFirstQuestionUntilThereAreEnough() {
        core.arrives(next.service);
        DeviceHandle handle = open(FIRST);
        Region config = handle.region(RegionIndex.CONFIG);
        update.move(FIRST);
        config.read32(0);
        long calls = update.operations(1_000);
        assertTrue(calls > 0 && calls < 10, "of the core: " + calls);
        config.read32(0);
        config.read32(0);
        assertEquals(calls + 2, update.operations(calls + 2));
        config.read32(0);
        assertEquals(calls + 2, update.operations(calls + 2), "there were enough");
        handle.close();
        assertTrue(update.operations(calls + 2) >= calls + 2, "it does not become less");
    }
}
