// SPDX-License-Identifier: Apache-2.0
package itest;

import static itest.Composites.cores;
import static itest.Composites.emulatedBus;
import static itest.Composites.felix;
import static itest.Composites.reactor;
import static itest.Composites.scr;
import static itest.RunningCore.waiting;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
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
import vfio.core.VfioException;

/** The generic driver's setting {@code disableDenylist}, from Configuration Admin to its probe. */
@RunWith(PaxExam.class)
@ExamReactorStrategy(PerClass.class)
public class DenyListIT {
    private static final String QAT = "0000:00:09.0";
    private static final String SETTINGS = "vfio.pci.driver~vfio-pci";

    @Inject
    private BundleContext context;
    private RunningCore core;
    private Path topology;

    @Configuration
    public Option[] framework() {
        return new Option[] {felix(), scr(), cores(), emulatedBus(), reactor("vfio.pci.generic")};
    }

    @Before
    public void plug() throws Exception {
        core = new RunningCore(context);
        topology = Files.createTempFile("deny", ".yaml");
        Files.writeString(topology, """
                functions:
                  - {address: "00:09.0", vendor: 8086, device: "37c8", class: "0b4000", bars: {0: 4K}}
                """);
        core.configure("vfio.hardware.emulated", "topology", topology.toString());
        core.awaitEvent("function-added", "d000037C8", 0);
        core.awaitEvent("driver-arrived", "vfio.pci.generic", 0);
    }

    @After
    public void delete() throws Exception {
        Files.delete(topology);
    }

    @Test
    public void deniedFunctionBindsOnceTheOperatorHasSaidSo() throws Exception {
        VfioException refusal = assertThrows(VfioException.class, () -> core.admin().bind(QAT, null, false));
        assertEquals(Errno.EINVAL, refusal.errno());
        assertTrue(refusal.sentence(), refusal.sentence().contains("8086:37c8, QAT_C62X, is on the deny list of vfio-pci"));
        String candidate = core.admin().candidates(QAT).get(0).text();
        assertTrue(candidate, candidate.contains("set disableDenylist=true in " + SETTINGS));
        assertNull(core.function(QAT).driver());
        long before = core.log().last();
        core.configure(SETTINGS, "disableDenylist", "true");
        waiting("the setting").until(() -> {
            try {
                return core.admin().bind(QAT, null, false).driver();
            } catch (VfioException e) {
                return null;
            }
        }, "vfio-pci"::equals);
        assertEquals(QAT, core.awaitEvent("denylist", "allowed by disableDenylist", before).subject());
    }
}
