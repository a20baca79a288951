// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import vfio.core.device.DriverState;
import vfio.pci.core.PciFunctionOwner;
import vfio.pci.core.VfioPciDevice;
import vfio.pci.core.admin.DriverUpdate.Update;
import vfio.pci.core.fake.FakeDriver;

/** A function whose driver uses it itself goes back to the build that it came from. */
class OwnerGivingBackTest {
    private static final String NAME = "0000:01:00.0";

    private final TestCore core = new TestCore(new TestCore.Settings("merged", 5_000, 10));
    private final Owning old = new Owning(7);
    private final Owning next = new Owning(8);
    private Update update;

    /** A build of an owner. */
    private static final class Owning {
        final FakeDriver service;
        final List<String> calls = new CopyOnWriteArrayList<>();
        volatile Supplier<DriverState> handed = () -> DriverState.of(1);

        Owning(long id) {
            service = FakeDriver.flagged("acme", "1:2").owner().from("acme", id, "1." + id).with("state", "1");
            service.onProbe = Binding::new;
        }

        private final class Binding implements PciFunctionOwner {
            private final VfioPciDevice device;

            private Binding(VfioPciDevice device) {
                this.device = device;
            }

            @Override
            public VfioPciDevice device() {
                return device;
            }

            @Override
            public void start() {
                calls.add("start");
            }

            @Override
            public DriverState handOver(int version) {
                calls.add("handOver");
                return handed.get();
            }

            @Override
            public void takeOver(DriverState state) {
                calls.add("takeOver " + state.values());
            }

            @Override
            public void stay() {
                calls.add("stay");
            }

            @Override
            public void handedOver() {
                calls.add("handedOver");
            }
        }
    }

    @BeforeEach
    void stage() {
        core.arrives(old.service);
        core.plug(NAME, 1, 2);
        core.admin.bind(NAME, "acme", false);
        update = core.updates.stage(Set.of(7L), 8);
    }

    @AfterEach
    void end() {
        update.close();
        core.close();
    }

    private long bundle() {
        return core.slot(NAME).bound().driver().bundle().id();
    }

    private void move() {
        core.arrives(next.service);
        assertEquals("state 1", update.plan().get(0).way());
        update.move(NAME);
        assertEquals(8, bundle());
    }

    @Test
    void ownersGoThereAndBack() {
        move();
        update.back(NAME);
        assertEquals(7, bundle());
        assertEquals(List.of("start", "handOver", "handedOver", "takeOver {}"), old.calls);
        assertEquals(List.of("takeOver {}", "handOver", "handedOver"), next.calls);
    }

    @Test
    void ownerFollowsNobodysClose() {
        core.arrives(next.service);
        update.serve(true);
        core.rematch(NAME);
        assertEquals(7, bundle(), "it is always in use, and goes over when told to");
    }

    @Test
    void brokenOwnerIsDoneWithoutWhereTheStateLasts() {
        old.handed = () -> DriverState.of(1).with("speed", 100).lasting();
        move();
        next.handed = () -> null;
        update.back(NAME);
        assertEquals(7, bundle());
        assertEquals("takeOver {speed=100}", old.calls.get(3));
        assertEquals(List.of(), core.events("unbound"));
    }
}
