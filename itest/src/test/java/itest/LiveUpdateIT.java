// SPDX-License-Identifier: Apache-2.0
package itest;

import static itest.Composites.cores;
import static itest.Composites.deploy;
import static itest.Composites.emulatedBus;
import static itest.Composites.felix;
import static itest.Composites.reactor;
import static itest.Composites.scr;
import static itest.RunningCore.waiting;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import itest.drivers.Sounds;
import java.lang.ref.WeakReference;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import javax.inject.Inject;
import org.junit.After;
import org.junit.Before;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.ops4j.pax.exam.Configuration;
import org.ops4j.pax.exam.Option;
import org.ops4j.pax.exam.junit.PaxExam;
import org.ops4j.pax.exam.spi.reactors.ExamReactorStrategy;
import org.ops4j.pax.exam.spi.reactors.PerClass;
import org.osgi.framework.BundleContext;
import vfio.core.device.DeviceHandle;
import vfio.core.device.Region;
import vfio.core.device.VfioUser;
import vfio.deploy.UpdateAdmin;
import vfio.deploy.UpdateAdmin.Policy;
import vfio.deploy.UpdateAdmin.StepRow;
import vfio.deploy.UpdateAdmin.UpdateRow;
import vfio.pci.core.user.VfioPciDevices;

/** A driver's build is exchanged for another while users read and write its functions. */
@RunWith(PaxExam.class)
@ExamReactorStrategy(PerClass.class)
public class LiveUpdateIT {
    private static final String CARD = "0000:04:01.0";
    private static final String OTHER_CARD = "0000:04:02.0";
    private static final String NAME = "itest.sounddriver";
    private static final Path FIRST = DriverJars.path(NAME, "1.1.0");
    private static final Path SECOND = DriverJars.path(NAME, "2.1.0");
    private static final Path STRANGE = DriverJars.path(NAME, "3.1.0");
    private static final Path SICKLY = DriverJars.path(NAME, "4.1.0");

    @Inject
    private BundleContext context;
    private RunningCore core;
    private DriversFolder folder;
    private long before;
    private DeviceHandle handle;

    @Configuration
    public Option[] framework() throws Exception {
        TestDrivers.buildAs(NAME, Sounds.First.class, "1.1.0");
        TestDrivers.buildAs(NAME, Sounds.Second.class, "2.1.0");
        TestDrivers.buildAs(NAME, Sounds.Strange.class, "3.1.0");
        TestDrivers.buildAs(NAME, Sounds.Sickly.class, "4.1.0");
        return new Option[] {felix(), scr(), cores(), emulatedBus(), deploy(), reactor("vfio.pci.generic")};
    }

    @Before
    public void openOne() throws Exception {
        core = new RunningCore(context);
        core.configureBus();
        core.configure("vfio.pci.core", "drainMillis", 300L);
        core.awaitFunctions();
        core.settle();
        core.reset();
        soak(0);
        folder.put(FIRST);
        folder.awaitState(FIRST, "active");
        core.admin().bind(CARD, "sound", false);
        core.admin().bind(OTHER_CARD, "sound", false);
        handle = core.service(VfioPciDevices.class).open(CARD, VfioUser.named("a busy user"));
        before = core.log().last();
    }

    private void soak(long seconds) throws Exception {
        folder = new DriversFolder(core, "live-update", seconds);
    }

    @After
    public void empty() throws Exception {
        System.clearProperty("itest.sound.ill");
        handle.close();
        core.reset();
        folder.empty();
        core.unsettle();
    }

    private UpdateAdmin updates() {
        return core.service(UpdateAdmin.class);
    }

    private void awaitPhase(String phase) {
        waiting(phase).untilAsserted(() -> assertEquals(updates().updates().toString(), List.of(phase),
                updates().updates().stream().map(UpdateRow::phase).toList()));
    }

    /** Reads and writes a register until the update is over; a refusal of any call fails the test. */
    private static final class Busy {
        private final AtomicBoolean over = new AtomicBoolean();
        private final AtomicLong calls = new AtomicLong();
        private final ExecutorService thread = Executors.newSingleThreadExecutor();
        private final Future<?> end;

        private Busy(Region region) {
            end = thread.submit(() -> {
                while (!over.get()) {
                    int value = (int) calls.incrementAndGet();
                    region.write32(16, value);
                    assertEquals(value, region.read32(16));
                }
            });
        }

        private void awaitMore() {
            long now = calls.get();
            waiting("more calls").until(() -> calls.get() > now + 100 || end.isDone());
        }

        private void end() throws Exception {
            over.set(true);
            end.get();
            thread.shutdown();
        }
    }

    @Test
    public void openFunctionsKeepTheirUsersAndTheirState() throws Exception {
        handle.reset();
        handle.reset();
        WeakReference<ClassLoader> loader = core.loaderOf(NAME);
        Busy busy = new Busy(handle.region(0));
        busy.awaitMore();
        folder.put(SECOND);
        core.awaitEvent("bundle-updated", "1.1.0 by 2.1.0, functions moved: 2, 1 of them open", before);
        busy.awaitMore();
        busy.end();
        assertTrue(handle.isOpen());
        assertEquals("2", System.getProperty("itest.sound.resets"));
        assertEquals(List.of(), core.events("unbound", before));
        assertEquals(List.of(), core.events("revoked", before));
        assertEquals(List.of("a busy user"), core.admin().function(CARD).users());
        awaitPhase("done");
        RunningCore.awaitCollected(NAME, loader);
        assertEquals(1, updates().pauses().exchanges());
        before = core.log().last();
        assertEquals("done", updates().rollback("sound").phase());
        core.awaitEvent("bundle-updated", "2.1.0 by 1.1.0", before);
        assertTrue(handle.isOpen());
        folder.awaitState(FIRST, "active");
        folder.awaitState(SECOND, "held");
    }

    @Test
    public void planSaysTheWayOfEachFunction() throws Exception {
        updates().hold("sound");
        folder.put(SECOND);
        folder.awaitState(SECOND, "held");
        assertEquals(List.of("emulated/" + CARD + " state 1 [a busy user]", "emulated/" + OTHER_CARD + " idle []"),
                updates().plan("sound").stream().map(row -> row.function() + " " + row.way() + " " + row.users()).toList());
        updates().unhold("sound");
        folder.awaitState(SECOND, "active");
        assertTrue(handle.isOpen());
    }

    @Test
    public void functionWithoutAWayGoesOverAtItsLastClose() throws Exception {
        folder.put(STRANGE);
        core.awaitEvent("update-mixed", CARD, before);
        folder.awaitState(STRANGE, "active");
        assertTrue(handle.isOpen());
        StepRow row = updates().plan("sound").get(0);
        assertEquals("close", row.way());
        assertFalse(row.obstacle().isBlank());
        handle.close();
        core.awaitEvent("bundle-updated", "1.1.0 by 3.1.0", before);
        awaitPhase("done");
        assertEquals("sound", core.function(CARD).driver());
    }

    @Test
    public void functionWithoutAWayIsTakenFromItsUserWhenAskedSo() throws Exception {
        folder.put(STRANGE);
        core.awaitEvent("update-mixed", CARD, before);
        folder.awaitState(STRANGE, "active");
        assertEquals("done", updates().update("sound", Optional.of(Policy.DRAIN)).phase());
        assertFalse(handle.isOpen());
        assertEquals("sound", core.function(CARD).driver());
    }

    @Test
    public void formerBuildStandsByInTheSoakAndIsRolledBackTo() throws Exception {
        soak(600);
        folder.put(FIRST);
        folder.awaitState(FIRST, "active");
        core.admin().bind(CARD, "sound", false);
        handle = core.service(VfioPciDevices.class).open(CARD, VfioUser.named("a busy user"));
        folder.put(SECOND);
        folder.awaitState(SECOND, "active");
        awaitPhase("soaking");
        assertEquals("back", updates().rollback(NAME).phase());
        assertTrue(handle.isOpen());
        folder.awaitState(SECOND, "held");
    }

    @Test
    public void eachOfManyRollbacksInTheSoakWorks() throws Exception {
        soak(5);
        folder.put(FIRST);
        folder.awaitState(FIRST, "active");
        core.admin().bind(CARD, "sound", false);
        handle = core.service(VfioPciDevices.class).open(CARD, VfioUser.named("a busy user"));
        folder.put(SECOND);
        folder.awaitState(SECOND, "active");
        awaitPhase("done");
        for (int i = 0; i < 5; i++) {
            UpdateRow row = updates().rollback(NAME);
            assertTrue(row.toString(), List.of("soaking", "back").contains(row.phase()));
            assertTrue(handle.isOpen());
        }
    }

    @Test
    public void buildThatFallsIllGivesItsFunctionsBack() throws Exception {
        soak(600);
        folder.put(FIRST);
        folder.awaitState(FIRST, "active");
        core.admin().bind(CARD, "sound", false);
        handle = core.service(VfioPciDevices.class).open(CARD, VfioUser.named("a busy user"));
        folder.put(SICKLY);
        folder.awaitState(SICKLY, "active");
        awaitPhase("soaking");
        WeakReference<ClassLoader> loader = core.loaderOf(NAME, "4.1.0");
        System.setProperty("itest.sound.ill", "yes");
        org.junit.Assert.assertThrows(RuntimeException.class, handle::reset);
        String reason = folder.awaitState(SICKLY, "failed");
        assertTrue(reason, reason.contains("the sound is bad"));
        assertTrue(handle.isOpen());
        handle.reset();
        RunningCore.awaitCollected(NAME + " 4.1.0", loader);
    }
}
