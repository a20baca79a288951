// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal;

import java.lang.annotation.Annotation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.function.Executable;
import org.osgi.framework.BundleContext;
import org.osgi.service.condition.Condition;
import vfio.core.Errno;
import vfio.core.Event;
import vfio.core.EventLog;
import vfio.core.VfioException;
import vfio.pci.core.admin.PciAdmin.FunctionRow;
import vfio.pci.core.bus.PciBus.Virtualization;
import vfio.pci.core.fake.FakeBus;
import vfio.pci.core.fake.FakeDriver;
import vfio.pci.core.fake.FakeFunction;
import vfio.pci.core.internal.facet.HandoverFacet;
import vfio.pci.core.internal.facet.OperatorFacet;
import vfio.pci.core.internal.facet.ProgramFacet;
import vfio.pci.core.internal.facet.UpdateFacet;
import vfio.pci.core.internal.slot.FunctionSlot;

/** The whole component without a framework: one bus, and drivers that come and go as the framework would have them. */
public final class TestCore implements AutoCloseable {
    /** The common pool has a single thread on two cores, and what tests run beside themselves blocks. */
    static final Executor OWN_THREAD = call -> new Thread(call).start();

    /** Settings of the component. */
    public record Settings(String rules, long probeLimitMillis, long drainMillis, String... policies)
            implements PciCore.Config {
        @Override
        public Class<? extends Annotation> annotationType() {
            return PciCore.Config.class;
        }
    }

    final EventLog events = new EventLog();
    final List<FakeDriver> drivers = new ArrayList<>();
    public final FakeBus bus;
    public final PciCore core;
    public final OperatorFacet admin;
    public final ProgramFacet programs;
    final HandoverFacet handover;
    final UpdateFacet updates;
    /** What hanging drivers wait for; opened at the end. */
    final CountDownLatch release = new CountDownLatch(1);

    public TestCore() {
        this(new Settings("merged", 60_000, 60_000));
    }

    public TestCore(Settings settings) {
        this(settings, Virtualization.RAW);
    }

    public TestCore(Settings settings, Virtualization virtualization) {
        core = new PciCore(events, settings, FakeDriver.fake(BundleContext.class, Map.of("getService",
                a -> of(a[0]).take(), "ungetService", a -> of(a[0]).held.decrementAndGet() >= 0)));
        admin = new OperatorFacet(core);
        programs = new ProgramFacet(core);
        handover = new HandoverFacet(core);
        updates = new UpdateFacet(core);
        bus = new FakeBus("test", virtualization);
        core.addBus(bus);
    }

    private FakeDriver of(Object reference) {
        synchronized (drivers) {
            return drivers.stream().filter(d -> d.reference == reference).findFirst().orElseThrow();
        }
    }

    public FakeDriver arrives(FakeDriver driver) {
        synchronized (drivers) {
            drivers.add(driver);
        }
        core.addDriver(driver.reference);
        return driver;
    }

    void leaves(FakeDriver driver) {
        core.removeDriver(driver.reference);
    }

    public FakeFunction plug(String address, int vendor, int device) {
        return bus.plug(new FakeFunction(address, vendor, device));
    }

    void settle() {
        core.addCondition(Condition.INSTANCE);
    }

    /** What the matching thread would do now, on this thread. */
    List<String> rematch(String name) {
        return core.matching().rematch(slot(name));
    }

    public FunctionSlot slot(String name) {
        return core.functions().named(name);
    }

    FunctionRow row(String name) {
        return admin.function(name).row();
    }

    /** {@code driver override owner policy}, with a dash for what there is not. */
    String state(String name) {
        FunctionRow row = row(name);
        return dash(row.driver()) + " " + dash(row.override()) + " " + dash(row.overrideOwner()) + " " + row.policy();
    }

    private static String dash(String text) {
        return text == null ? "-" : text;
    }

    List<Event> events(String type) {
        try {
            return events.after(0, Integer.MAX_VALUE, Duration.ZERO).stream().filter(e -> e.type().equals(type)).toList();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    public static Errno errno(Executable act) {
        return Assertions.assertThrows(VfioException.class, act).errno();
    }

    /** Waits as a driver does that does not look at its interrupts. */
    void hang() {
        while (true) {
            try {
                release.await();
                return;
            } catch (InterruptedException e) {
                continue;
            }
        }
    }

    @Override
    public void close() {
        release.countDown();
        core.deactivate();
    }
}
