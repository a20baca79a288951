// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static vfio.hardware.emulated.internal.Buses.at;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import vfio.core.Event;
import vfio.core.EventLog;
import vfio.hardware.emulated.internal.function.EmulatedFunction;
import vfio.pci.core.bus.PciFunction;

class TopologyOnTheBusTest {
    private static final String NIC = "vendor: 8086, device: 10d3, class: 020000";
    @TempDir
    Path directory;

    @Test
    void tenThousandFunctionsAreOneLineAndShareTheirModel() {
        String yaml = "functions: [{address: 10:00.0, " + NIC + ", bars: {0: 128K}, capabilities: [pm, msi, pcie, aer], "
                + "repeat: 10000}]";
        Path file = Buses.file(yaml, directory);
        Buses.of(yaml, directory).deactivate();
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        EmulatedBus bus = new EmulatedBus(Buses.config(file.toString(), directory), new EventLog());
        long allocated = threads.getCurrentThreadAllocatedBytes() - before;
        assertTrue(allocated < 10_000 * 3 * 1024L, "what is allocated bounds what is kept: " + allocated);
        Recorder recorder = new Recorder();
        bus.announce(recorder);
        assertEquals(10_000, recorder.present.size());
        assertEquals(recorder.heard.stream().sorted().toList(), recorder.heard, "address order");
        EmulatedFunction last = bus.function(at("37:01.7"));
        assertEquals("+" + last.address(), recorder.heard.get(9_999));
        assertSame(last.description(), bus.function(at("10:00.0")).description());
        assertEquals(10_000, recorder.present.values().stream().map(PciFunction::iommuGroup).distinct().count());
    }

    @Test
    void aFunctionBehindABridgeTakesItsBus() {
        EmulatedBus bus = Buses.of("functions:\n"
                + "  - {address: 0002:00:01.0, vendor: 1, device: 2, class: 060400, bridge: {secondary: 5}}\n"
                + "  - {address: 03.1, behind: 2:00:01.0, " + NIC + ", repeat: 2, numa: 1}\n", directory);
        PciFunction f = bus.function(at("0002:05:03.2"));
        assertEquals(1, f.numaNode().orElseThrow());
        assertEquals(f.iommuGroup(), bus.function(at("0002:00:01.0")).iommuGroup(), "behind a conventional bridge");
    }

    @Test
    void aBridgePassesOnTheBusesOfTheVfsBehindIt() {
        EmulatedBus bus = Buses.of("functions:\n"
                + "  - {address: 00:01.0, vendor: 1, device: 2, class: 060400, bridge: {secondary: 1}, "
                + "capabilities: [pcie]}\n"
                + "  - {address: 00.0, behind: 00:01.0, " + NIC + ", capabilities: [pcie], sriov: {total: 600, device: 3}}\n"
                + "  - {address: 00:02.0, vendor: 1, device: 2, class: 060400, bridge: {secondary: 4}}\n", directory);
        assertEquals(0x00030100, bus.function(at("00:01.0")).config().read(0x18, 4));
        bus.enableVirtualFunctions(at("01:00.0"), 600);
        assertEquals(at("03:0b.0"), bus.function(at("01:00.0")).virtualFunctions().get(599), "100h + 600");
    }

    @Test
    void aGroupThatIsNamedIsNotGivenToOthers() {
        EmulatedBus bus = Buses.of("functions:\n  - {address: 00:01.0, " + NIC + "}\n  - {address: 00:02.0, " + NIC
                + ", group: 0}\n  - {address: 00:03.0, " + NIC + ", group: 0}\n", directory);
        assertEquals(0, bus.function(at("00:03.0")).iommuGroup().orElseThrow());
        assertNotEquals(0, bus.function(at("00:01.0")).iommuGroup().orElseThrow());
    }

    @Test
    void aBadTopologyLeavesAnEmptyBusAndSaysWhy() throws Exception {
        EventLog events = new EventLog();
        Path file = Buses.file("functions:\n  - {address: 00:01.0, " + NIC + ", colour: red}\n", directory);
        EmulatedBus bus = new EmulatedBus(Buses.config(file.toString(), directory), events);
        Event event = events.after(0, 10, Duration.ZERO).get(0);
        assertEquals("topology-refused", event.type());
        assertEquals("emulated", event.subject());
        assertTrue(event.text().contains(file + ":2:67: found unknown key 'colour'"), event.text());
        Recorder recorder = new Recorder();
        bus.announce(recorder);
        assertEquals(Set.of(), recorder.present.keySet());
        bus.plug(Buses.nic("00:04.0"));
        assertEquals(1, recorder.present.size());
    }

    @Test
    void aNewTopologyChangesWhatDiffersAndABadOneNothing() {
        EmulatedBus bus = Buses.of("functions:\n  - {address: 00:01.0, " + NIC + "}\n  - {address: 00:02.0, " + NIC + "}\n",
                directory);
        Recorder recorder = new Recorder();
        bus.announce(recorder);
        PciFunction stays = bus.function(at("00:01.0"));
        bus.plug(Buses.nic("00:04.0"));
        recorder.heard.clear();
        Path file = Buses.file("functions: [nonsense]", directory);
        bus.modified(Buses.config(file.toString(), directory));
        assertEquals(List.of(), recorder.heard);
        Buses.file("functions:\n  - {address: 00:01.0, " + NIC + "}\n  - {address: 00:02.0, " + NIC + ", revision: 1}\n"
                + "  - {address: 00:04.0, " + NIC + "}\n  - {address: 00:05.0, " + NIC + "}\n", directory);
        bus.modified(Buses.config(file.toString(), directory));
        assertEquals(List.of("-0000:00:02.0", "+0000:00:02.0", "+0000:00:05.0"), recorder.heard,
                "what was plugged in by hand keeps its place");
        assertSame(stays, bus.function(at("00:01.0")));
        assertEquals(1, bus.function(at("00:02.0")).revision());
    }

    @Test
    void whatIsBehindAChangedBridgeComesBackWithIt() {
        String yaml = "functions:\n  - {address: 00:01.0, vendor: 1, device: 2, class: 060400, revision: 1, "
                + "bridge: {secondary: 1}}\n  - {address: 00.0, behind: 00:01.0, " + NIC + "}\n";
        EmulatedBus bus = Buses.of(yaml, directory);
        Recorder recorder = new Recorder();
        bus.announce(recorder);
        Path file = Buses.file(yaml.replace("revision: 1", "revision: 2"), directory);
        bus.modified(Buses.config(file.toString(), directory));
        assertEquals(Set.of(at("00:01.0"), at("01:00.0")), recorder.present.keySet());
        assertEquals(2, bus.function(at("00:01.0")).revision());
    }
}
