// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.bus;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import vfio.hardware.linux.device.HostDevices;
import vfio.os.Kernel;
import vfio.pci.core.bus.PciBus;
import vfio.pci.core.bus.PciFunction;
import vfio.pci.core.id.PciAddress;

class LinuxBusTest {
    @TempDir
    Path root;
    private AutoCloseable announcements;

    /** Writes down what it is told. */
    private static class Record implements PciBus.Listener {
        final List<String> calls = new CopyOnWriteArrayList<>();
        final Map<PciAddress, PciFunction> functions = new ConcurrentHashMap<>();

        @Override
        public void added(PciFunction function) {
            functions.put(function.address(), function);
            calls.add("+" + function.address());
        }

        @Override
        public void removed(PciAddress address) {
            functions.remove(address);
            calls.add("-" + address);
        }

        @Override
        public void rebound(PciAddress address) {
            calls.add("~" + address);
        }
    }

    private LinuxBus bus() {
        return bus(root.resolve("none"), null);
    }

    private LinuxBus bus(Path release, Path taken) {
        Path nodes = root.resolve("nodes");
        HostDevices devices = new HostDevices(Kernel::host, nodes.toString(), HostDevices.Access.AUTO, Set.of());
        return new LinuxBus(root, release, nodes, devices, taken, Duration.ofMillis(1), Duration.ZERO);
    }

    private Record announce(Record record) {
        announcements = bus().announce(record);
        return record;
    }

    /** Looks by itself once a day. */
    private Announcements watching(SysfsTree tree, Record record) {
        KernelDrivers drivers = new KernelDrivers(root, root, Duration.ZERO);
        return new Announcements(root, drivers, null, new FakeHost(tree).side(drivers), record, Duration.ofDays(1));
    }

    @AfterEach
    void close() throws Exception {
        if (announcements != null) {
            announcements.close();
        }
    }

    @Test
    void isVirtualizedByTheHostAndListedOnlyWhereThatHasNoVfio() throws IOException {
        assertEquals("linux", bus().name());
        assertEquals(PciBus.Virtualization.HOST, bus().virtualization());
        assertFalse(bus().bindable());
        assertEquals(root.resolve("nodes/vfio") + " is missing: this host's kernel has no VFIO that could be loaded; "
                + "'vfio doctor' says what to do", bus().whyNotBindable());
        Path release = Files.createDirectory(root.resolve("release"));
        LinuxBus taking = bus(release, root.resolve("taken"));
        assertFalse(taking.bindable(), "no module of VFIO");
        SysfsTree.write(release.resolve("modules.alias"), "alias vfio_pci:v*d*sv*sd*bc*sc*i* vfio_pci\n");
        assertTrue(taking.bindable(), "bind loads the module");
        Files.createFile(Files.createDirectory(root.resolve("nodes")).resolve("vfio"));
        assertTrue(bus().bindable());
    }

    @Test
    void whatIsPresentIsAnnouncedInAddressOrderBeforeAnnounceReturns() {
        SysfsTree tree = new SysfsTree(root);
        for (String address : List.of("10000:00:00.0", "0000:10:00.0", "0000:02:1f.7", "0000:02:00.0", "ffffffff:ff:1f.7")) {
            tree.function(address);
        }
        assertEquals(List.of("+0000:02:00.0", "+0000:02:1f.7", "+0000:10:00.0", "+10000:00:00.0", "+ffffffff:ff:1f.7"),
                announce(new Record()).calls);
    }

    @Test
    void namesThatTheKernelWouldNotGiveArePassedOver() {
        SysfsTree tree = new SysfsTree(root);
        tree.function("0000:00:00.0");
        for (String name : List.of("junk", "00:00.0", "0:0:0.1", "0000:00:20.0", "0000:00:00.8", "0000:0A:00.0",
                "00000:01:00.0")) {
            tree.directory("bus/pci/devices/" + name);
        }
        assertEquals(List.of("+0000:00:00.0"), announce(new Record()).calls);
    }

    @Test
    void aHostWithoutPciHasNoFunctions() {
        assertEquals(List.of(), announce(new Record()).calls);
    }

    @Test
    void aFunctionWhoseIdsCannotBeReadIsListedWithWarnings() throws IOException {
        SysfsTree tree = new SysfsTree(root);
        tree.directory("devices/pci0000:00/0000:00:01.0");
        SysfsTree.link(root.resolve("bus/pci/devices/0000:00:01.0"), root.resolve("devices/pci0000:00/0000:00:01.0"));
        Files.createSymbolicLink(root.resolve("bus/pci/devices/0000:00:02.0"), Path.of("0000:00:02.0")); // to itself
        Record record = announce(new Record());
        assertEquals(List.of("+0000:00:01.0", "+0000:00:02.0"), record.calls);
        record.functions.values().forEach(function -> {
            assertEquals("pci:v00000000d00000000sv00000000sd00000000bc00sc00i00", function.key().toString());
            assertTrue(function.warnings().size() >= 5);
        });
    }

    @Test
    void aFunctionThatVanishesDuringTheScanIsSkippedQuietly() {
        SysfsTree tree = new SysfsTree(root);
        SysfsTree.Function first = tree.function("0000:00:01.0");
        SysfsTree.Function second = tree.function("0000:00:02.0");
        tree.function("0000:00:03.0");
        Record record = announce(new Record() {
            @Override
            public void added(PciFunction function) {
                super.added(function);
                if (function.address().device() == 1) {
                    second.remove(); // listed already, not read yet
                }
            }
        });
        assertEquals(List.of("+0000:00:01.0", "+0000:00:03.0"), record.calls);
        assertTrue(Files.exists(first.path()));
    }

    @Test
    void aLinkToNowhereIsAFunctionThatHasVanished() throws IOException {
        SysfsTree tree = new SysfsTree(root);
        tree.function("0000:00:01.0");
        Files.createSymbolicLink(root.resolve("bus/pci/devices/0000:00:02.0"), Path.of("../../../devices/gone"));
        assertEquals(List.of("+0000:00:01.0"), announce(new Record()).calls);
    }

    @Test
    void pluggingAndUnpluggingIsAnnounced() {
        SysfsTree tree = new SysfsTree(root);
        SysfsTree.Function first = tree.function("0000:00:01.0");
        Record record = announce(new Record());
        tree.prepare("0000:00:02.0").plug();
        await().until(() -> record.calls.contains("+0000:00:02.0"));
        first.remove();
        await().until(() -> record.calls.contains("-0000:00:01.0"));
        assertEquals(List.of("+0000:00:01.0", "+0000:00:02.0", "-0000:00:01.0"), record.calls);
    }

    @Test
    void anotherFunctionAtTheSameAddressIsARemovalAndAnAddition() {
        SysfsTree tree = new SysfsTree(root);
        SysfsTree.Function network = tree.function("0000:00:01.0");
        Record record = announce(new Record());
        network.remove();
        tree.prepare("0000:00:01.0").classCode(0x010802).plug();
        await().until(() -> record.functions.containsKey(PciAddress.parse("0000:00:01.0"))
                && record.functions.get(PciAddress.parse("0000:00:01.0")).key().classCode() == 0x010802);
        assertEquals(List.of("+0000:00:01.0", "-0000:00:01.0", "+0000:00:01.0"), record.calls.subList(0, 3));
    }

    @Test
    void nothingIsScannedWhileNoEventHappened() {
        SysfsTree tree = new SysfsTree(root);
        Record record = new Record();
        Announcements watched = watching(tree, record);
        announcements = watched;
        watched.start(false);
        tree.function("0000:00:01.0"); // without an event, as the kernel never does
        assertEquals(0, watched.look());
        assertEquals(List.of(), record.calls);
        tree.event();
        assertTrue(watched.look() > 0);
        assertEquals(List.of("+0000:00:01.0"), record.calls);
        assertEquals(0, watched.look());
    }

    @Test
    void whatTheKernelSaysWakesTheScanAtOnce() {
        SysfsTree tree = new SysfsTree(root);
        tree.function("0000:00:01.0");
        Record record = new Record();
        Announcements watched = watching(tree, record);
        announcements = watched;
        watched.start(false);
        tree.function("0000:00:02.0"); // the number stands still: only what is heard can tell
        watched.heard("add", "0000:00:02.0");
        await().until(() -> record.calls.contains("+0000:00:02.0"));
        watched.heard("bind", "0000:00:01.0");
        await().until(() -> record.calls.contains("~0000:00:01.0"));
        watched.heard("unbind", "0000:00:09.0");
        watched.heard("unbind", "../0000:00:02.0");
        watched.lost();
        await().until(() -> record.calls.contains("~0000:00:02.0"));
        assertFalse(record.calls.contains("~0000:00:09.0"), "nobody has heard of it");
    }

    @Test
    void withoutTheEventNumberChangesAreFoundAllTheSame() throws IOException {
        SysfsTree tree = new SysfsTree(root);
        Files.delete(root.resolve("kernel/uevent_seqnum"));
        Record record = announce(new Record());
        tree.function("0000:00:01.0");
        await().until(() -> record.calls.contains("+0000:00:01.0"));
    }

    @Test
    void aListenerThatThrowsMissesNothingElse() {
        SysfsTree tree = new SysfsTree(root);
        tree.function("0000:00:01.0");
        tree.function("0000:00:02.0");
        Record record = announce(new Record() {
            @Override
            public void added(PciFunction function) {
                super.added(function);
                throw new IllegalStateException("boom");
            }
        });
        tree.prepare("0000:00:03.0").plug();
        await().until(() -> record.calls.contains("+0000:00:03.0"));
        assertEquals(3, record.calls.size());
    }

    @Test
    void closingWaitsForTheCallUnderWayAndNoneComesAfter() throws Exception {
        SysfsTree tree = new SysfsTree(root);
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        Record record = announce(new Record() {
            @Override
            public void added(PciFunction function) {
                inside.countDown();
                assertDoesNotThrow(() -> release.await());
                super.added(function);
            }
        });
        tree.function("0000:00:01.0");
        tree.function("0000:00:02.0");
        tree.event();
        inside.await();
        Thread closing = new Thread(() -> assertDoesNotThrow(announcements::close));
        closing.start();
        await().until(() -> closing.getState() == Thread.State.BLOCKED);
        release.countDown();
        closing.join();
        assertEquals(List.of("+0000:00:01.0"), record.calls);
        await().until(() -> Thread.getAllStackTraces().keySet().stream()
                .noneMatch(thread -> thread.getName().equals("vfio-linux-bus")));
    }

    @Test
    void aListenerMayCloseFromWithinACall() {
        SysfsTree tree = new SysfsTree(root);
        Record record = announce(new Record());
        assertDoesNotThrow(announcements::close);
        LinuxBus bus = bus();
        tree.function("0000:00:01.0");
        tree.function("0000:00:02.0");
        Record stopping = new Record() {
            @Override
            public void added(PciFunction function) {
                super.added(function);
                bus.deactivate();
            }
        };
        announcements = bus.announce(stopping);
        assertEquals(List.of("+0000:00:01.0"), stopping.calls);
        assertEquals(List.of(), record.calls);
    }

    @Test
    void oneListenerAtATime() throws Exception {
        new SysfsTree(root).function("0000:00:01.0");
        LinuxBus bus = bus();
        announcements = bus.announce(new Record());
        assertThrows(IllegalStateException.class, () -> bus.announce(new Record()));
        announcements.close();
        Record second = new Record();
        announcements = bus.announce(second);
        assertEquals(List.of("+0000:00:01.0"), second.calls);
    }
}
