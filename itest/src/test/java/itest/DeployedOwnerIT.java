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
import static org.junit.Assert.assertNotEquals;
import static org.junit.Assert.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
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
import vfio.pci.core.user.VfioPciDevices;

/** The drivers of a card's PF and VFs are jars in a folder, and new builds are copied there; their API is installed. */
@RunWith(PaxExam.class)
@ExamReactorStrategy(PerClass.class)
public class DeployedOwnerIT {
    private static final String PF = "0000:00:04.0";
    private static final String VF = "0000:00:04.1";
    private static final int MAC_REGION = 9;
    private static final long MAC = 0x0000_4349_4e02L;
    private static final String TOPOLOGY = """
            functions:
              - {address: "00:04.0", vendor: 1234, device: 11f0, class: 020000, bars: {0: 4K, 2: 8K}, model: nic,
                 capabilities: [pcie, {msix: {vectors: 2, bar: 2}}],
                 sriov: {total: 4, enabled: 2, device: 11f1, bars: {0: 4K}, capabilities: [pcie]}}
            """;
    private static final List<String> JARS = List.of("nic-pf-driver", "nic-vf-driver");

    @Inject
    private BundleContext context;
    private RunningCore core;
    private DriversFolder folder;
    private DeviceHandle handle;
    private long before;

    @Configuration
    public Option[] framework() {
        return new Option[] {felix(), scr(), cores(), emulatedBus(), deploy(),
            reactor("examples/nic-api", "examples/nic-model")};
    }

    @Before
    public void deployAll() throws Exception {
        core = new RunningCore(context);
        Path topology = Path.of(System.getProperty("itest.directory"), "deployed-owner.yaml");
        core.configure("vfio.pci.core", "drainMillis", 300L);
        core.configure("vfio.hardware.emulated", "topology", Files.writeString(topology, TOPOLOGY).toString());
        waiting("functions").until(() -> core.admin().functions().size() == 3);
        folder = new DriversFolder(core, "deployed-owner", 0);
        core.settle();
        for (String jar : JARS) {
            folder.put(ReactorBundles.jar("examples/" + jar));
        }
        for (String jar : JARS) {
            folder.awaitState(ReactorBundles.jar("examples/" + jar), "active");
        }
        core.awaitDriver(PF, "nic");
        core.admin().bind(VF, "nic-vf", false);
        handle = core.service(VfioPciDevices.class).open(VF, VfioUser.named("a busy user"));
        before = core.log().last();
    }

    @After
    public void empty() throws Exception {
        handle.close();
        core.reset();
        folder.empty();
        core.unsettle();
    }

    private void update(String example, String version) throws Exception {
        Path next = AnotherBuild.of(example, version);
        folder.put(next);
        core.awaitEvent("bundle-updated", "by " + version, before);
        folder.awaitState(next, "active");
    }

    @Test
    public void bothDriversAreUpdatedUnderABusyUser() throws Exception {
        Region mac = handle.region(MAC_REGION);
        AtomicBoolean over = new AtomicBoolean();
        AtomicLong reads = new AtomicLong();
        ExecutorService thread = Executors.newSingleThreadExecutor();
        Future<?> user = thread.submit(() -> {
            while (!over.get()) {
                assertEquals(MAC, mac.read64(0));
                reads.incrementAndGet();
            }
        });
        waiting("reads").until(() -> reads.get() > 0 || user.isDone());
        update("nic-pf-driver", "1.1.0");
        update("nic-vf-driver", "1.2.0");
        update("nic-pf-driver", "1.3.0");
        over.set(true);
        user.get();
        thread.shutdown();
        assertNotEquals(0, reads.get());
        assertTrue(handle.isOpen());
        assertEquals(List.of(), core.events("unbound", before));
        assertEquals(List.of(), core.events("revoked", before));
        assertEquals("nic", core.function(PF).driver());
        assertEquals(2, core.admin().functions().stream().filter(row -> row.driver() != null).count());
    }
}
