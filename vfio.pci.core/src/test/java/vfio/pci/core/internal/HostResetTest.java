// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import vfio.core.Errno;
import vfio.core.EventSignal;
import vfio.core.IrqRequest;
import vfio.core.VfioException;
import vfio.core.device.DeviceHandle;
import vfio.core.device.VfioUser;
import vfio.pci.core.bus.HostDevice;
import vfio.pci.core.bus.PciBus.Virtualization;
import vfio.pci.core.fake.FakeDriver;
import vfio.pci.core.fake.FakeFunction;
import vfio.pci.core.fake.FakeHostDevice;
import vfio.pci.core.id.HotResetInfo;
import vfio.pci.core.id.HotResetInfo.Dependent;
import vfio.pci.core.id.PciAddress;
import vfio.pci.core.internal.TestCore.Settings;

/** What a host does with several functions at once, and what it asks for by itself. */
class HostResetTest {
    private static final String ONE = "0000:01:00.0";
    private static final String TWO = "0000:01:00.1";
    private static final int REQ = 4;
    /** The answer to an open that succeeds; none that an open has. */
    private static final Errno NONE = Errno.ERANGE;

    private final TestCore core = new TestCore(new Settings("merged", 60_000, 60_000), Virtualization.HOST);
    private final List<String> calls = new ArrayList<>();
    private final OtherSide one = new OtherSide(ONE, 7);
    private final OtherSide two = new OtherSide(TWO, 8);

    /** A function's other side; a hot reset of one reaches both. */
    private final class OtherSide extends FakeHostDevice {
        private final String name;
        private final FakeFunction function;
        private Listener listener;
        private EventSignal request;
        private Errno fails;

        OtherSide(String name, int group) {
            this.name = name;
            function = core.plug(name, 1, 2);
            function.onHost = this;
            function.group = OptionalInt.of(group);
        }

        @Override
        public int setIrqs(IrqRequest set) {
            if (set.data() == IrqRequest.DATA_NONE) {
                if (request == null) {
                    throw set.refused(Errno.EINVAL, "nothing is wired");
                }
                request.signal();
            } else {
                request = set.signal(0);
            }
            return 0;
        }

        @Override
        public HotResetInfo hotResetInfo() {
            return new HotResetInfo(0, List.of(new Dependent(PciAddress.parse(TWO), 3, null, List.of()),
                    new Dependent(PciAddress.parse(ONE), 3, null, List.of())));
        }

        @Override
        public void hotReset(Collection<? extends HostDevice> owned) {
            if (fails != null) {
                throw new VfioException(fails, "the other side");
            }
            calls.add(name + " by " + owned.stream().map(device -> ((OtherSide) device).name).toList());
        }

        @Override
        public void listener(Listener told) {
            listener = told;
        }

        @Override
        public void close() {
            calls.add(name + " closed");
        }
    }

    @BeforeEach
    void bind() {
        core.arrives(FakeDriver.flagged("gen", "*:*"));
        core.admin.bind(ONE, "gen", false);
        core.admin.bind(TWO, "gen", false);
    }

    @AfterEach
    void end() {
        core.close();
    }

    private DeviceHandle open(String name, String user) {
        return core.programs.open(name, VfioUser.named(user));
    }

    @Test
    void everyFunctionAndItsOwnerAreTold() {
        DeviceHandle handle = open(ONE, "anna");
        List<Dependent> all = core.programs.hotResetInfo(handle).dependents();
        assertEquals(List.of(ONE, TWO), all.stream().map(each -> each.address().toString()).toList());
        assertEquals(List.of(7, 8), all.stream().map(Dependent::id).toList());
        assertEquals(List.of(List.of("anna"), List.of()), all.stream().map(Dependent::users).toList());
        assertEquals("gen", all.get(0).driver());
    }

    @Test
    void resetIsTheOtherSidesWhereAllAreTheAskers() {
        VfioUser anna = VfioUser.named("anna");
        DeviceHandle first = core.programs.open(ONE, anna);
        DeviceHandle second = core.programs.open(TWO, anna);
        core.programs.hotReset(first, List.of(first, second));
        assertEquals(List.of(ONE + " by [" + ONE + ", " + TWO + "]"), calls);
        one.fails = Errno.EBUSY;
        assertEquals(Errno.EBUSY, TestCore.errno(() -> core.programs.hotReset(first, List.of(first, second))));
    }

    @Test
    void functionOfAnotherUserIsNotReset() {
        DeviceHandle first = open(ONE, "anna");
        DeviceHandle second = open(TWO, "ben");
        assertEquals(Errno.EINVAL, TestCore.errno(() -> core.programs.hotReset(first, List.of(first))));
        open(TWO, "carl");
        assertEquals(Errno.EINVAL, TestCore.errno(() -> core.programs.hotReset(first, List.of(first, second))),
                "carl has it too");
        assertEquals(List.of(), calls);
    }

    @Test
    void hostThatWantsAFunctionBackGetsItTheOrderlyRoad() {
        AtomicInteger asked = new AtomicInteger();
        AtomicInteger signalled = new AtomicInteger();
        DeviceHandle handle = core.programs.open(ONE, new VfioUser() {
            @Override
            public String name() {
                return "anna";
            }

            @Override
            public void requested(DeviceHandle held) {
                asked.incrementAndGet();
            }
        });
        handle.setIrqs(IrqRequest.trigger(REQ, 0, EventSignal.calling(signalled::incrementAndGet)));
        one.listener.requested();
        one.listener.requested();
        await().until(() -> asked.get() == 1 && signalled.get() >= 1);
        assertTrue(handle.isOpen(), "its user has time");
        handle.close();
        await().until(() -> core.admin.function(ONE).row().driver() == null);
        assertEquals(List.of(ONE + " closed"), calls);
        assertFalse(core.events("request").isEmpty());
        core.admin.bind(ONE, "gen", false);
    }

    @Test
    void tokenIsTheHostsToCheckAndTheSameForAll() {
        String token = " vf_token=12345678-1234-1234-1234-123456789abc";
        assertEquals(Errno.EINVAL, TestCore.errno(() -> open(ONE + token, "anna")), "this bus passes none on");
        one.function.tokens = true;
        DeviceHandle handle = open(ONE + token, "anna");
        assertEquals(Errno.EACCES, TestCore.errno(() -> open(ONE, "ben")));
        open(ONE + token, "ben").close();
        handle.close();
        open(ONE, "ben");
        assertEquals("none: neither the host's driver nor driver gen has it", core.admin.function(ONE).migration());
    }

    @Test
    void usersWhoOpenAtOnceAreJudgedByTheirOwnTokens() throws Exception {
        one.function.tokens = true;
        String first = "12345678-1234-1234-1234-123456789abc";
        String second = "12345678-1234-1234-1234-123456789abd";
        List<FutureTask<Errno>> opening = new ArrayList<>();
        core.slot(ONE).live("open").exclusively(() -> List.of(first, second).forEach(token -> opening.add(waiting(token))));
        Errno ofFirst = opening.get(0).get();
        Errno ofSecond = opening.get(1).get();
        assertEquals(Set.of(Errno.EACCES, NONE), Set.copyOf(List.of(ofFirst, ofSecond)), "one of them is let in");
        assertEquals(UUID.fromString(ofFirst == NONE ? first : second), one.function.openedWith.orElseThrow());
    }

    /** Opens on a thread of its own, which waits for the lock of the device's set by now. */
    private FutureTask<Errno> waiting(String token) {
        FutureTask<Errno> task = new FutureTask<>(() -> {
            try {
                open(ONE + " vf_token=" + token, token);
                return NONE;
            } catch (VfioException e) {
                return e.errno();
            }
        });
        Thread thread = new Thread(task);
        thread.start();
        await().until(() -> thread.getState() == Thread.State.WAITING);
        return task;
    }

    @Test
    void errorIsAnEvent() {
        open(ONE, "anna");
        one.listener.errorDetected();
        assertEquals(1, core.events("error").size());
    }
}
