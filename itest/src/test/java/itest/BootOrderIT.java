// SPDX-License-Identifier: Apache-2.0
package itest;

import static itest.Composites.felix;
import static itest.Composites.library;
import static itest.Composites.scr;
import static org.junit.Assert.assertEquals;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import javax.inject.Inject;
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
import org.osgi.framework.BundleException;
import vfio.core.Event;

/** Bundles start in any order, and the result is the same: each function with its driver, bound once. */
@RunWith(PaxExam.class)
@ExamReactorStrategy(PerClass.class)
public class BootOrderIT {
    private static final int SEEDS = 8;
    private static final List<String> MODULES = List.of("vfio.core", "vfio.iommu", "vfio.pci.core", "vfio.pci.decode",
            "vfio.hardware.emulated", "vfio.pci.generic", "vfio.pci.mlx5", "vfio.pci.igd");

    @Inject
    private BundleContext context;
    private RunningCore core;
    private List<Bundle> bundles;

    @Configuration
    public Option[] framework() {
        return new Option[] {felix(), scr(), library("snakeyaml-engine")};
    }

    @Before
    public void configure() throws Exception {
        core = new RunningCore(context);
        core.configure("vfio.pci.core", "policies", new String[] {"*=auto"});
        core.configureBus();
        bundles = new ArrayList<>();
        for (String module : MODULES) {
            bundles.add(context.installBundle(ReactorBundles.jar(module).toUri().toString()));
        }
    }

    private void start(long seed) throws BundleException {
        Collections.shuffle(bundles, new Random(seed));
        for (Bundle bundle : bundles) {
            bundle.start();
        }
    }

    private void stop(long seed) throws BundleException {
        Collections.shuffle(bundles, new Random(~seed));
        for (Bundle bundle : bundles) {
            bundle.stop();
        }
    }

    @Test
    public void everyOrderBindsEachFunctionOnce() throws Exception {
        Map<String, String> first = null;
        for (long seed = 0; seed < SEEDS; seed++) {
            start(seed);
            core.awaitFunctions();
            assertEquals("nothing binds before all has settled, seed " + seed, Map.of(), core.bound());
            core.settle();
            core.awaitMatched();
            Map<String, String> bound = core.bound();
            first = first == null ? expected(bound) : first;
            assertEquals("seed " + seed, first, bound);
            assertEquals("bound once each, seed " + seed, new ArrayList<>(bound.keySet()), subjects("bound"));
            assertEquals("unbound, seed " + seed, List.of(), subjects("unbound"));
            core.unsettle();
            assertEquals("drained, seed " + seed, Map.of(), core.bound());
            assertEquals("unbound once each", new ArrayList<>(bound.keySet()), subjects("unbound"));
            stop(seed);
        }
        RunningCore.awaitNoThread();
    }

    /** Before the barrier is due, too: later arrivals rebind, and what comes out is the same. */
    @Test
    public void matchingOpenedTooEarlyEndsTheSame() throws Exception {
        Map<String, String> first = null;
        for (long seed = 0; seed < SEEDS; seed++) {
            core.settle();
            start(seed);
            core.awaitFunctions();
            core.awaitMatched();
            first = first == null ? expected(core.bound()) : first;
            assertEquals("seed " + seed, first, core.bound());
            core.unsettle();
            stop(seed);
        }
        RunningCore.awaitNoThread();
    }

    private static Map<String, String> expected(Map<String, String> bound) {
        assertEquals("vfio-pci", bound.get(RunningCore.EDU));
        assertEquals("vfio-pci", bound.get(RunningCore.NVME));
        assertEquals("mlx5_vfio_pci", bound.get(RunningCore.VF));
        assertEquals("igd-vfio-pci", bound.get(RunningCore.VGA));
        assertEquals("four VFs", 4, Collections.frequency(bound.values(), "mlx5_vfio_pci"));
        return bound;
    }

    /** Addresses in events of a type, sorted, each as often as it was there. */
    private List<String> subjects(String type) throws InterruptedException {
        return core.events(type, 0).stream().map(Event::subject).map(name -> name.replace("emulated/", "")).sorted()
                .toList();
    }
}
