// SPDX-License-Identifier: Apache-2.0
package itest;

import static itest.Composites.cores;
import static itest.Composites.drivers;
import static itest.Composites.emulatedBus;
import static itest.Composites.felix;
import static itest.Composites.scr;
import static itest.RunningCore.NVME;
import static itest.RunningCore.VF;
import static itest.RunningCore.VGA;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import java.lang.ref.WeakReference;
import java.util.ArrayList;
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
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.wiring.FrameworkWiring;
import vfio.core.Errno;
import vfio.core.Event;
import vfio.core.VfioException;
import vfio.core.device.DeviceHandle;
import vfio.core.device.Mapping;
import vfio.core.device.VfioUser;
import vfio.pci.core.user.VfioPciDevices;

/** Bundles are stopped without asking anyone, while their devices are held open: the disorderly road. */
@RunWith(PaxExam.class)
@ExamReactorStrategy(PerClass.class)
public class StopIT {
    private static final int MARK = 0x12345678;

    @Inject
    private BundleContext context;
    private RunningCore core;
    private Map<String, String> bound;
    private long before;

    /** A function held open, with a mark in its first BAR. */
    private record Held(DeviceHandle handle, Mapping mapping) {
        static Held open(RunningCore core, String function) {
            DeviceHandle handle = core.service(VfioPciDevices.class).open(function, VfioUser.named("user of " + function));
            Mapping mapping = handle.map(0);
            mapping.write32(64, MARK);
            return new Held(handle, mapping);
        }

        void works() {
            assertTrue(handle.isOpen());
            assertEquals(MARK, mapping.read32(64));
        }

        void isRevoked() {
            assertFalse(handle.isOpen());
            assertEquals("all ones, as from an unplugged card", -1, mapping.read32(64));
            mapping.write32(64, 1); // dropped
            assertEquals(-1, mapping.read32(64));
            assertEquals(Errno.ENODEV, assertThrows(VfioException.class, () -> handle.map(0)).errno());
            handle.close();
        }
    }

    @Configuration
    public Option[] framework() {
        return new Option[] {felix(), scr(), cores(), emulatedBus(), drivers()};
    }

    @Before
    public void bindAll() throws Exception {
        core = new RunningCore(context);
        core.configureBus();
        core.awaitFunctions();
        core.settle();
        core.admin().policy("*", "auto");
        core.awaitDriver(VF, "mlx5_vfio_pci");
        core.awaitMatched();
        bound = core.bound();
        before = core.log().last();
    }

    @After
    public void unsettle() {
        core.unsettle();
    }

    private Bundle bundle(String name) {
        return Arrays.stream(context.getBundles()).filter(b -> name.equals(b.getSymbolicName())).findFirst().orElseThrow();
    }

    @Test
    public void stoppingTheGenericBundleLeavesTheOthersWorking() throws Exception {
        Held drive = Held.open(core, NVME);
        Held vf = Held.open(core, VF);
        Held graphics = Held.open(core, VGA);
        bundle("vfio.pci.generic").stop();
        drive.isRevoked();
        core.awaitMatched();
        assertEquals(null, core.function(NVME).driver());
        assertEquals("mlx5_vfio_pci", core.function(VF).driver());
        assertEquals("igd-vfio-pci", core.function(VGA).driver());
        vf.works();
        graphics.works();
        try (DeviceHandle second = core.service(VfioPciDevices.class).open(VF, VfioUser.named("one more"))) {
            assertEquals(MARK, second.map(0).read32(64));
        }
        List<String> generic = bound.keySet().stream().filter(name -> bound.get(name).equals("vfio-pci")).toList();
        assertEquals("each of its functions, once, and no other", generic, subjects("unbound"));
        bundle("vfio.pci.generic").start();
        core.awaitDriver(NVME, "vfio-pci");
        core.awaitMatched();
        assertEquals(bound, core.bound());
        vf.works();
        vf.handle().close();
        graphics.handle().close();
    }

    private List<String> subjects(String type) throws InterruptedException {
        return core.events(type, before).stream().map(Event::subject).map(name -> name.replace("emulated/", "")).sorted()
                .toList();
    }

    @Test
    public void stoppingThePciCoreDrainsAll() throws Exception {
        List<Held> held = List.of(Held.open(core, NVME), Held.open(core, VF), Held.open(core, VGA));
        bundle("vfio.pci.core").stop();
        held.forEach(Held::isRevoked);
        assertEquals("unbound once each", new ArrayList<>(bound.keySet()), subjects("unbound"));
        assertEquals("those who held one were asked", List.of(VGA, VF, NVME), subjects("requested"));
        RunningCore.awaitNoThread();
        bundle("vfio.pci.core").start();
        core.awaitFunctions();
        core.admin().policy("*", "auto");
        core.awaitDriver(VF, "mlx5_vfio_pci");
        core.awaitMatched();
        assertEquals(bound, core.bound());
    }

    /** How a shutdown begins: users are asked, those that let go are not revoked, and nothing is matched again. */
    @Test
    public void endOfSettlingIsTheOrderlyRoad() throws Exception {
        DeviceHandle handle = core.service(VfioPciDevices.class).open(VF, new VfioUser() {
            @Override
            public String name() {
                return "a polite user";
            }

            @Override
            public void requested(DeviceHandle asked) {
                asked.close();
            }
        });
        core.unsettle();
        assertFalse(handle.isOpen());
        assertEquals(Map.of(), core.bound());
        assertEquals(List.of(VF), subjects("requested"));
        assertEquals(List.of(), subjects("revoked"));
        assertEquals("unbound once each", new ArrayList<>(bound.keySet()), subjects("unbound"));
        assertFalse(core.admin().status().matching());
        core.settle();
        core.awaitMatched();
        assertEquals(bound, core.bound());
    }

    @Test
    public void stoppingTheBusUnplugsItsFunctions() throws Exception {
        Held vf = Held.open(core, VF);
        bundle("vfio.hardware.emulated").stop();
        vf.isRevoked();
        assertEquals(List.of(), core.admin().functions());
        assertEquals("unbound once each", new ArrayList<>(bound.keySet()), subjects("unbound"));
        bundle("vfio.hardware.emulated").start();
        core.awaitFunctions();
        core.awaitMatched();
        assertEquals(bound, core.bound());
    }

    @Test
    public void loaderOfAnUninstalledDriverIsCollectable() throws Exception {
        Held vf = Held.open(core, VF);
        Bundle bundle = bundle("vfio.pci.mlx5");
        String location = bundle.getLocation();
        WeakReference<ClassLoader> loader = core.loaderOf("vfio.pci.mlx5");
        bundle.uninstall();
        context.getBundle(0).adapt(FrameworkWiring.class).refreshBundles(List.of(bundle));
        bundle = null;
        core.awaitDriver(VF, "vfio-pci");
        RunningCore.awaitCollected("vfio.pci.mlx5", loader);
        vf.isRevoked();
        context.installBundle(location).start();
        core.awaitDriver(VF, "mlx5_vfio_pci");
    }
}
