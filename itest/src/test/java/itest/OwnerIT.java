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
import static org.junit.Assert.assertSame;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import examples.nic.api.NicCommands;
import java.lang.ref.WeakReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
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
import org.osgi.framework.Constants;
import org.osgi.framework.ServiceListener;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.ServiceRegistration;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.device.DeviceHandle;
import vfio.core.device.Region;
import vfio.core.device.VfioUser;
import vfio.pci.core.PciDriver;
import vfio.pci.core.PciFunctionOwner;
import vfio.pci.core.VfioPciDevice;
import vfio.pci.core.admin.DriverUpdate;
import vfio.pci.core.admin.DriverUpdate.Moved;
import vfio.pci.core.admin.DriverUpdate.Update;
import vfio.pci.core.user.VfioPciDevices;

/** The drivers of a card's PF and of its VFs, two bundles with an API between, are exchanged for other builds of them. */
@RunWith(PaxExam.class)
@ExamReactorStrategy(PerClass.class)
public class OwnerIT {
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

    @Inject
    private BundleContext context;
    private RunningCore core;
    private DeviceHandle handle;
    private Region mac;

    @Configuration
    public Option[] framework() {
        return new Option[] {felix(), scr(), cores(), emulatedBus(), reactor("examples/nic-api", "examples/nic-model",
                "examples/nic-pf-driver", "examples/nic-vf-driver")};
    }

    @Before
    public void openVf() throws Exception {
        core = new RunningCore(context);
        Path topology = Path.of(System.getProperty("itest.directory"), "owner.yaml");
        core.configure("vfio.pci.core", "drainMillis", 300L);
        core.configure("vfio.hardware.emulated", "topology", Files.writeString(topology, TOPOLOGY).toString());
        waiting("functions").until(() -> core.admin().functions().size() == 3);
        core.settle();
        core.awaitMatched();
        if (core.function(PF).driver() == null) {
            core.admin().bind(PF, "nic", false);
        }
        core.admin().bind(VF, "nic-vf", false);
        handle = core.service(VfioPciDevices.class).open(VF, VfioUser.named("a user of a VF"));
        mac = handle.region(MAC_REGION);
        assertEquals(MAC, mac.read64(0));
    }

    @After
    public void close() {
        handle.close();
        core.reset();
        core.unsettle();
    }

    private Bundle bundle(String name) {
        return List.of(context.getBundles()).stream().filter(bundle -> name.equals(bundle.getSymbolicName())).findFirst()
                .orElseThrow();
    }

    /** Moves a function to another build of its driver's bundle, and takes the build of before away. */
    private Moved exchanged(String name, String version, String function) throws Exception {
        Bundle former = bundle(name);
        WeakReference<ClassLoader> loader = core.loaderOf(name);
        Bundle next = context.installBundle(AnotherBuild.of(name, version).toUri().toString());
        Moved moved;
        try (Update update = core.service(DriverUpdate.class).stage(Set.of(former.getBundleId()), next.getBundleId())) {
            next.start();
            waiting("the driver of " + next).until(() -> update.plan().stream().allMatch(step -> step.obstacle() == null));
            moved = move(update, "emulated/" + function);
            update.serve(false);
        }
        former.uninstall();
        former = null;
        RunningCore.awaitCollected(name, loader);
        return moved;
    }

    private static Moved move(Update update, String function) {
        for (int tries = 0;; tries++) {
            try {
                return update.move(function);
            } catch (VfioException e) {
                if (e.errno() != Errno.EBUSY || tries > 50) {
                    throw e;
                }
            }
        }
    }

    @Test
    public void pfIsExchangedWhileAUserOfAVfReads() throws Exception {
        ServiceReference<NicCommands> reference = context.getServiceReference(NicCommands.class);
        NicCommands commands = context.getService(reference);
        List<String> changes = new CopyOnWriteArrayList<>();
        ServiceListener listener = event -> changes.add(event.getType() + " " + event.getServiceReference());
        context.addServiceListener(listener, "(objectClass=" + NicCommands.class.getName() + ")");
        AtomicBoolean ended = new AtomicBoolean();
        AtomicLong reads = new AtomicLong();
        AtomicReference<Throwable> failure = new AtomicReference<>();
        Thread user = new Thread(() -> {
            try {
                while (!ended.get()) {
                    assertEquals(MAC, mac.read64(0));
                    reads.incrementAndGet();
                }
            } catch (Throwable e) {
                failure.set(e);
            }
        });
        user.start();
        Moved moved = exchanged("nic-pf-driver", "1.1.0", PF);
        exchanged("nic-pf-driver", "1.2.0", PF);
        ended.set(true);
        user.join();
        context.removeServiceListener(listener);
        assertNull(failure.get());
        assertEquals("state 1", moved.way());
        assertTrue(reads.get() > 0);
        assertEquals(List.of(), changes);
        assertSame(commands, context.getService(context.getServiceReference(NicCommands.class)));
        assertEquals(PF, reference.getProperty("vfio.pci.function"));
        assertTrue(handle.isOpen());
    }

    @Test
    public void vfDriverIsExchangedAndLeavesThePfAlone() throws Exception {
        ServiceReference<NicCommands> reference = context.getServiceReference(NicCommands.class);
        Object before = core.function(PF);
        exchanged("nic-vf-driver", "1.1.0", VF);
        assertEquals(MAC, mac.read64(0));
        assertEquals(reference, context.getServiceReference(NicCommands.class));
        assertEquals(before, core.function(PF));
    }

    @Test
    public void vfStaysOpenWithoutItsPfsDriver() {
        core.admin().unbind(PF);
        assertNull(context.getServiceReference(NicCommands.class));
        assertEquals(Errno.ENOTCONN, assertThrows(VfioException.class, () -> mac.read64(0)).errno());
        assertTrue(handle.isOpen());
        assertEquals(0x11f11234, handle.region(7).read32(0));
        core.admin().bind(PF, "nic", false);
        assertEquals("the open VF has the service of before", Errno.ENOTCONN,
                assertThrows(VfioException.class, () -> mac.read64(0)).errno());
        handle.close();
        handle = core.service(VfioPciDevices.class).open(VF, VfioUser.named("a user of a VF"));
        assertEquals(MAC, handle.region(MAC_REGION).read64(0));
    }

    @Test
    public void serviceIsRegisteredByTheBundleOfItsApi() {
        Bundle api = bundle("nic-api");
        assertEquals(api, context.getServiceReference(NicCommands.class).getBundle());
        assertTrue(List.of(api.getRegisteredServices()).stream()
                .anyMatch(service -> List.of((String[]) service.getProperty(Constants.OBJECTCLASS))
                        .contains(NicCommands.class.getName())));
    }

    /** Its packages are there as soon as it is resolved, and it may be started after the drivers. */
    @Test
    public void apiMayBeOfABundleThatIsNotStarted() throws Exception {
        core.admin().unbind(PF);
        bundle("nic-api").stop();
        try {
            core.admin().bind(PF, "nic", false);
            ServiceReference<NicCommands> reference = context.getServiceReference(NicCommands.class);
            assertEquals("vfio.pci.core", reference.getBundle().getSymbolicName());
            handle.close();
            handle = core.service(VfioPciDevices.class).open(VF, VfioUser.named("a user of a VF"));
            assertEquals(MAC, handle.region(MAC_REGION).read64(0));
        } finally {
            bundle("nic-api").start();
        }
    }

    /** An API that lies in the driver's own bundle. */
    public interface OwnApi {
    }

    private record OwnerOfOwnApi(VfioPciDevice device) implements PciFunctionOwner, OwnApi {
        @Override
        public void start() {
            device.offer(OwnApi.class, this, Map.of());
        }
    }

    @Test
    public void apiOfTheDriversOwnBundleIsNotOffered() {
        PciDriver driver = (device, id) -> new OwnerOfOwnApi(device);
        ServiceRegistration<PciDriver> registered = context.registerService(PciDriver.class, driver, new Hashtable<>(Map.of(
                "vfio.pci.driver", "own-api", "vfio.pci.ids", new String[] {"1234:11f1"}, "vfio.pci.vfio", false)));
        try {
            VfioException refusal = assertThrows(VfioException.class,
                    () -> core.admin().bind("0000:00:04.2", "own-api", false));
            assertEquals(refusal.getMessage(), Errno.EINVAL, refusal.errno());
            assertTrue(refusal.getMessage(), refusal.getMessage().contains("move the API to a bundle of its own"));
        } finally {
            registered.unregister();
        }
    }
}
