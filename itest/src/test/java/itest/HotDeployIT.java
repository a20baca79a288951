// SPDX-License-Identifier: Apache-2.0
package itest;

import static itest.Composites.cores;
import static itest.Composites.deploy;
import static itest.Composites.emulatedBus;
import static itest.Composites.felix;
import static itest.Composites.reactor;
import static itest.Composites.scr;
import static itest.RunningCore.EDU;
import static itest.RunningCore.waiting;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertTrue;

import itest.drivers.Faulty;
import itest.drivers.SoundDriver;
import itest.drivers.Sounds;
import java.lang.ref.WeakReference;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
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
import vfio.core.Errno;
import vfio.core.Event;
import vfio.core.VfioException;
import vfio.core.device.DeviceHandle;
import vfio.core.device.Mapping;
import vfio.core.device.VfioUser;
import vfio.pci.core.admin.PciAdmin.CandidateRow;
import vfio.pci.core.admin.PciAdmin.DriverRow;
import vfio.pci.core.user.VfioPciDevices;

/** A driver's jar is copied in, deleted, and upgraded, while the core and its users go on. */
@RunWith(PaxExam.class)
@ExamReactorStrategy(PerClass.class)
public class HotDeployIT {
    private static final String CARD = "0000:04:01.0";
    private static final String OTHER_CARD = "0000:04:02.0";
    private static final Path ONE = DriverJars.path("itest.sounddriver", "1.0.0");
    private static final Path TWO = DriverJars.path("itest.sounddriver", "2.0.0");
    private static final Path REFUSING = DriverJars.path("itest.sounddriver", "3.0.0");
    private static final Path WITHOUT_THE_DRIVER = DriverJars.path("itest.sounddriver", "4.0.0");

    @Inject
    private BundleContext context;
    private RunningCore core;
    private DriversFolder folder;
    private long before;

    @Configuration
    public Option[] framework() throws Exception {
        TestDrivers.build(SoundDriver.class, "1.0.0");
        TestDrivers.build(SoundDriver.class, "2.0.0");
        TestDrivers.buildAs("itest.sounddriver", Sounds.Refusing.class, "3.0.0");
        TestDrivers.buildAs("itest.sounddriver", Faulty.Throws.class, "4.0.0");
        return new Option[] {felix(), scr(), cores(), emulatedBus(), deploy(), reactor("vfio.pci.generic")};
    }

    @Before
    public void settle() throws Exception {
        core = new RunningCore(context);
        core.configureBus();
        core.configure("vfio.pci.core", "drainMillis", 300L);
        core.awaitFunctions();
        folder = new DriversFolder(core, "hot-deploy");
        core.settle();
        core.reset();
        before = core.log().last();
    }

    @After
    public void empty() throws Exception {
        core.reset();
        folder.empty();
        core.unsettle();
    }

    @Test
    public void copiedDriverIsACandidateAndBindsNothingByItself() throws Exception {
        folder.put(ONE);
        core.awaitEvent("driver-arrived", "itest.sounddriver 1.0.0", before);
        folder.awaitState(ONE, "active");
        List<CandidateRow> candidates = core.admin().candidates(EDU);
        assertEquals(List.of("sound", "vfio-pci"), candidates.stream().map(CandidateRow::driver).toList());
        assertEquals(List.of("needs-override", "needs-override"), candidates.stream().map(CandidateRow::reason).toList());
        assertEquals(List.of(), core.events("bound", before));
        assertEquals("sound", core.admin().bind(EDU, null, false).driver());
        assertEquals("operator", core.function(EDU).overrideOwner());
    }

    @Test
    public void copiedDriverTakesAnIdleFunctionUnderAuto() throws Exception {
        core.admin().policy(EDU, "auto");
        core.awaitDriver(EDU, "vfio-pci");
        folder.put(ONE);
        core.awaitDriver(EDU, "sound");
        assertEquals("policy", core.function(EDU).overrideOwner());
        folder.delete(ONE);
        core.awaitDriver(EDU, "vfio-pci");
        folder.put(ONE);
        core.awaitDriver(EDU, "sound");
    }

    @Test
    public void betterDriverWaitsForTheUserToLetGo() throws Exception {
        core.admin().policy(EDU, "auto");
        core.awaitDriver(EDU, "vfio-pci");
        DeviceHandle handle = core.service(VfioPciDevices.class).open(EDU, VfioUser.named("a patient user"));
        folder.put(ONE);
        folder.awaitState(ONE, "active");
        core.awaitMatched();
        assertEquals("vfio-pci", core.function(EDU).driver());
        assertTrue(handle.isOpen());
        handle.close();
        core.awaitDriver(EDU, "sound");
    }

    @Test
    public void deletedDriverLeavesAManualFunctionWithout() throws Exception {
        folder.put(ONE);
        folder.awaitState(ONE, "active");
        core.admin().bind(CARD, "sound", false);
        folder.delete(ONE);
        core.awaitDriver(CARD, null);
        core.awaitMatched();
        assertNull(core.function(CARD).driver());
        assertEquals(1, core.events("unbound", before).size());
        waiting("its bundle to go").until(() -> Arrays.stream(context.getBundles())
                .noneMatch(bundle -> "itest.sounddriver".equals(bundle.getSymbolicName())));
    }

    private void bindThree() throws Exception {
        folder.put(ONE);
        folder.awaitState(ONE, "active");
        core.admin().policy(EDU, "auto");
        core.awaitDriver(EDU, "sound");
        core.admin().bind(CARD, "sound", false);
        core.admin().bind(OTHER_CARD, "sound", false);
        before = core.log().last();
    }

    private String soundBundle() {
        return core.admin().drivers().stream().filter(row -> row.driver().equals("sound")).map(DriverRow::bundle)
                .findFirst().orElse(null);
    }

    @Test
    public void newerVersionTakesOverInOneTransaction() throws Exception {
        bindThree();
        folder.put(TWO);
        Event updated = core.awaitEvent("bundle-updated", "1.0.0 by 2.0.0", before);
        assertEquals("itest.sounddriver 2.0.0", soundBundle());
        folder.awaitState(ONE, "superseded");
        folder.awaitState(TWO, "active");
        core.awaitMatched();
        List<Event> events = core.events("driver-updated", before);
        assertEquals(List.of(EDU, CARD, OTHER_CARD), subjects(events));
        assertTrue("within the transaction", events.stream().allMatch(e -> e.sequence() < updated.sequence()));
        assertTrue("with the same driver", events.stream().allMatch(e -> e.text().startsWith("sound of")));
        assertEquals("never without one", List.of(), core.events("unbound", before));
        assertEquals("operator", core.function(CARD).overrideOwner());
        folder.delete(TWO);
        core.awaitEvent("bundle-updated", "2.0.0 by 1.0.0", before);
        waiting("the older version").until(() -> "itest.sounddriver 1.0.0".equals(soundBundle()));
        core.awaitDriver(OTHER_CARD, "sound");
    }

    private static List<String> subjects(List<Event> events) {
        return events.stream().map(event -> event.subject().replace("emulated/", "")).sorted().toList();
    }

    /** Opens and closes race with the transactions: each open works or answers ENODEV, and nothing is left behind. */
    @Test
    public void usersThatComeAndGoSeeTheDeviceOrEnodev() throws Exception {
        bindThree();
        AtomicBoolean over = new AtomicBoolean();
        AtomicInteger opens = new AtomicInteger();
        ExecutorService users = Executors.newFixedThreadPool(2);
        Callable<Void> user = () -> {
            while (!over.get()) {
                opens.addAndGet(openOnce());
            }
            return null;
        };
        List<Future<Void>> ends = List.of(users.submit(user), users.submit(user));
        folder.put(TWO);
        core.awaitEvent("bundle-updated", "1.0.0 by 2.0.0", before);
        int between = opens.get();
        waiting("opens between the swaps").until(() -> opens.get() > between + 10);
        folder.delete(TWO);
        core.awaitEvent("bundle-updated", "2.0.0 by 1.0.0", before);
        int after = opens.get();
        waiting("opens after the swaps").until(() -> opens.get() > after + 10);
        over.set(true);
        for (Future<Void> end : ends) {
            end.get();
        }
        users.shutdown();
        assertEquals(List.of(), core.admin().function(CARD).users());
        assertEquals("sound", core.function(CARD).driver());
    }

    /** Answers 1, or 0 where the device was leaving. */
    private int openOnce() {
        try (DeviceHandle handle = core.service(VfioPciDevices.class).open(CARD, VfioUser.named("a passer-by"))) {
            Mapping mapping = handle.map(0);
            mapping.read32(0);
            return 1;
        } catch (VfioException e) {
            assertEquals(e.getMessage(), Errno.ENODEV, e.errno());
            return 0;
        }
    }

    @Test
    public void upgradeThatCannotTakeOverLeavesTheFormerVersion() throws Exception {
        bindThree();
        folder.put(REFUSING);
        String reason = folder.awaitState(REFUSING, "failed");
        assertTrue(reason, reason.contains("the sound is off") && reason.contains("version 1.0.0 keeps running"));
        assertEquals("itest.sounddriver 1.0.0", soundBundle());
        for (String function : List.of(EDU, CARD, OTHER_CARD)) {
            assertEquals("sound", core.function(function).driver());
        }
        assertEquals("never the generic driver meanwhile", List.of(), core.events("bound", before).stream()
                .filter(event -> event.text().contains("vfio-pci")).toList());
    }

    @Test
    public void functionsOfADriverThatTheNextVersionLeavesOutStayWithTheFormer() throws Exception {
        bindThree();
        folder.put(WITHOUT_THE_DRIVER);
        folder.awaitState(WITHOUT_THE_DRIVER, "active");
        core.awaitEvent("update-mixed", "the next build has no driver sound", before);
        core.awaitDriver(EDU, "vfio-pci"); // which nobody has open, and its policy is free to choose
        for (String function : List.of(CARD, OTHER_CARD)) {
            assertEquals("sound", core.function(function).driver());
        }
        folder.delete(WITHOUT_THE_DRIVER);
        core.awaitEvent("update-back", "version 1.0.0 is wanted again", before);
        assertEquals("itest.sounddriver 1.0.0", soundBundle());
    }

    @Test
    public void brokenFilesHaveAReasonAndHurtNobody() throws Exception {
        bindThree();
        byte[] half = Arrays.copyOf(Files.readAllBytes(TWO), (int) Files.size(TWO) / 2);
        folder.put("half.jar", half);
        folder.put("text.jar", "no zip at all".getBytes(StandardCharsets.UTF_8));
        folder.put("empty.jar", new byte[0]);
        for (String file : List.of("half.jar", "text.jar", "empty.jar")) {
            String reason = folder.awaitState(file, "refused");
            assertFalse(file, reason.isBlank());
        }
        assertEquals(List.of(), core.events("unbound", before));
        assertEquals("itest.sounddriver 1.0.0", soundBundle());
        assertEquals(Set.of("active", "refused"), folder.admin().files().stream().map(row -> row.state())
                .collect(java.util.stream.Collectors.toSet()));
    }

    /** What its last user still holds keeps nothing of the driver's bundle alive. */
    @Test
    public void loaderOfADeletedDriverIsCollectable() throws Exception {
        folder.put(ONE);
        folder.awaitState(ONE, "active");
        core.admin().bind(CARD, "sound", false);
        DeviceHandle handle = core.service(VfioPciDevices.class).open(CARD, VfioUser.named("a stubborn user"));
        Mapping mapping = handle.map(0);
        mapping.write32(16, 0x12345678);
        assertEquals(0x12345678, mapping.read32(16));
        WeakReference<ClassLoader> loader = core.loaderOf("itest.sounddriver");
        folder.delete(ONE);
        core.awaitDriver(CARD, null);
        RunningCore.awaitCollected("itest.sounddriver", loader);
        assertEquals("all ones, as from an unplugged card", -1, mapping.read32(16));
        assertFalse(handle.isOpen());
        assertEquals(Errno.ENODEV, org.junit.Assert.assertThrows(VfioException.class, () -> handle.map(0)).errno());
    }
}
