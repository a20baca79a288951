// SPDX-License-Identifier: Apache-2.0
package itest;

import static itest.Composites.cores;
import static itest.Composites.deploy;
import static itest.Composites.drivers;
import static itest.Composites.emulatedBus;
import static itest.Composites.felix;
import static itest.Composites.scr;
import static itest.Composites.silent;
import static itest.RunningCore.EDU;
import static itest.RunningCore.NVME;
import static itest.RunningCore.VF;
import static itest.RunningCore.waiting;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import itest.drivers.Faulty;
import java.lang.ref.WeakReference;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
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
import vfio.core.Event;
import vfio.core.VfioException;
import vfio.pci.core.PciDriver;
import vfio.pci.core.admin.PciAdmin.DriverRow;
import vfio.pci.core.admin.PciAdmin.FunctionRow;

/** Drivers that throw, lie, link badly and hang are refused with a reason, and hurt nobody else. */
@RunWith(PaxExam.class)
@ExamReactorStrategy(PerClass.class)
public class FaultyDriversIT {
    private static final String VERSION = "1.0.0";
    private static final Path HANGING = ReactorBundles.jar("examples/hanging-driver");
    private static final String UNRESOLVABLE = "itest.unresolvable";

    @Inject
    private BundleContext context;
    private RunningCore core;
    private DriversFolder folder;
    private long before;

    @Configuration
    public Option[] framework() throws Exception {
        for (Class<?> driver : Faulty.class.getDeclaredClasses()) {
            if (PciDriver.class.isAssignableFrom(driver) && driver != Faulty.Activator.class) {
                TestDrivers.build(driver, VERSION);
            }
        }
        TestDrivers.build(Faulty.Activator.class, VERSION, "Bundle-Activator", Faulty.Activator.class.getName());
        TestDrivers.buildAs(UNRESOLVABLE, Faulty.Throws.class, VERSION, "Import-Package", "nowhere.to.be.found,*");
        return new Option[] {felix(), silent(), scr(), cores(), emulatedBus(), deploy(), drivers()};
    }

    @Before
    public void bindSome() throws Exception {
        core = new RunningCore(context);
        core.configureBus();
        core.awaitFunctions();
        folder = new DriversFolder(core, "faulty-drivers");
        core.settle();
        core.admin().policy("*", "auto");
        core.awaitDriver(EDU, "vfio-pci");
        core.awaitMatched();
        before = core.log().last();
    }

    @After
    public void empty() throws Exception {
        folder.empty();
        core.reset();
        core.unsettle();
    }

    private static Path jar(String driver) {
        return DriverJars.path("itest." + driver, VERSION);
    }

    @Test
    public void throwingProbe() throws Exception {
        failsAndFallsToTheNext("throws", "throws", "OwnException: the card is upside down");
    }

    @Test
    public void endlessProbe() throws Exception {
        failsAndFallsToTheNext("overflows", "overflows", "StackOverflowError");
    }

    @Test
    public void probeThatReturnsNull() throws Exception {
        failsAndFallsToTheNext("returnsnull", "null", "returned null");
    }

    @Test
    public void probeForAnotherDevice() throws Exception {
        failsAndFallsToTheNext("lies", "lies", "made for another device");
    }

    @Test
    public void probeThatKeepsTheFunction() throws Exception {
        failsAndFallsToTheNext("owns", "owns", "declares itself a VFIO driver");
    }

    @Test
    public void probeThatLinksBadly() throws Exception {
        failsAndFallsToTheNext("linksbadly", "unlinked", "NoClassDefFoundError");
    }

    @Test
    public void componentThatDoesNotActivate() throws Exception {
        failsAndFallsToTheNext("constructorthrows", "unborn", "does not activate");
    }

    /** Under auto it is tried and left; when the operator asks for it, all is restored; it leaves nothing behind. */
    private void failsAndFallsToTheNext(String name, String driver, String reason) throws Exception {
        folder.put(jar(name));
        Event failed = core.awaitEvent("bind-failed", reason, before);
        assertEquals("emulated/" + EDU, failed.subject());
        core.awaitMatched();
        core.awaitDriver(EDU, "vfio-pci");
        assertEquals("vfio-pci", core.function(EDU).override());
        assertTrue(core.admin().function(EDU).failures().toString().contains(driver));

        FunctionRow row = core.function(EDU);
        VfioException refused = assertThrows(VfioException.class, () -> core.admin().bind(EDU, driver, false));
        assertTrue(refused.getMessage(), refused.getMessage().contains(reason));
        assertEquals("restored", row, core.function(EDU));
        neighboursWereLeftAlone();

        WeakReference<ClassLoader> loader = core.loaderOf("itest." + name);
        refused = null;
        folder.delete(jar(name));
        core.awaitEvent("bundle-removed", "itest." + name, before);
        RunningCore.awaitCollected("itest." + name, loader);
    }

    private void neighboursWereLeftAlone() throws InterruptedException {
        assertEquals("mlx5_vfio_pci", core.function(VF).driver());
        assertEquals(List.of(), core.events("unbound", before).stream().map(Event::subject)
                .filter(subject -> !subject.endsWith(EDU)).toList());
    }

    @Test
    public void bundlesThatNeverBecomeADriverHaveAReason() throws Exception {
        Map<Path, List<String>> expected = Map.of(jar("activator"), List.of("failed", "the activator has had enough"),
                DriverJars.path(UNRESOLVABLE, VERSION), List.of("unresolved", "nowhere.to.be.found"),
                jar("badids"), List.of("refused", "15b3:wrong"));
        for (Path file : expected.keySet()) {
            folder.put(file);
        }
        for (Map.Entry<Path, List<String>> entry : expected.entrySet()) {
            String reason = folder.awaitState(entry.getKey(), entry.getValue().get(0));
            assertTrue(reason, reason.contains(entry.getValue().get(1)));
        }
        assertEquals(List.of(), core.events("unbound", before));
        assertTrue("none of them runs", core.admin().drivers().stream().noneMatch(row -> row.bundle().startsWith("itest.")));
    }

    @Test
    public void hangingProbeIsLeftBehindAndNeighboursGoOn() throws Exception {
        core.configure("vfio.pci.driver~hanging", "probeLimitMillis", 1500L);
        core.admin().policy(NVME, "manual");
        core.admin().unbind(NVME);
        before = core.log().last();
        folder.put(HANGING);
        awaitHanging();
        assertEquals("vfio-pci", core.admin().bind(NVME, "vfio-pci", false).driver());
        assertEquals("bound while the other hung", List.of(), core.events("driver-faulty", before));
        leftBehind("hanging", "stuck in probe 0000:00:03.0", "HangingDriver.probe");
        before = core.log().last();
        folder.delete(HANGING);
        core.awaitEvent("bundle-removed", "hanging-driver", before);
    }

    @Test
    public void hangingConstructorIsLeftBehind() throws Exception {
        core.configure("vfio.pci.driver~hangs-early", "probeLimitMillis", 500L);
        folder.put(jar("constructorhangs"));
        leftBehind("hangs-early", "stuck in", "Faulty$ConstructorHangs.<init>");
        before = core.log().last();
        folder.delete(jar("constructorhangs"));
        core.awaitEvent("bundle-removed", "itest.constructorhangs", before);
    }

    private static void awaitHanging() {
        waiting("the driver to hang").until(() -> Thread.getAllStackTraces().values().stream()
                .flatMap(Arrays::stream).anyMatch(frame -> frame.getClassName().endsWith(".HangingDriver")));
    }

    private void leftBehind(String driver, String reason, String place) throws InterruptedException {
        Event faulty = core.awaitEvent("driver-faulty", reason, before);
        assertTrue("says where it stands: " + faulty.text(), faulty.text().contains(place));
        core.awaitDriver(EDU, "vfio-pci");
        DriverRow row = core.admin().drivers().stream().filter(d -> d.driver().equals(driver)).findFirst().orElseThrow();
        assertEquals("faulty", row.state());
        assertTrue(row.reason(), row.reason().contains(reason));
        assertThrows("never called again", VfioException.class, () -> core.admin().bind(EDU, driver, false));
        assertEquals("vfio-pci", core.function(EDU).driver());
        neighboursWereLeftAlone();
    }
}
