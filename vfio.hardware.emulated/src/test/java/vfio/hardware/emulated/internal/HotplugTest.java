// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static vfio.hardware.emulated.internal.Buses.at;
import static vfio.hardware.emulated.internal.Buses.nic;
import static vfio.hardware.emulated.internal.Buses.physical;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.hardware.emulated.FunctionDescription;
import vfio.hardware.emulated.FunctionSpec;
import vfio.hardware.emulated.internal.function.EmulatedFunction;
import vfio.pci.core.bus.PciFunction.Bar;
import vfio.pci.core.bus.PciFunction.ConfigSpace;
import vfio.pci.core.id.PciAddress;

class HotplugTest {
    private static final PciAddress PF = at("01:00.0");
    @TempDir
    Path directory;
    private EmulatedBus bus;
    private final Recorder recorder = new Recorder();

    @BeforeEach
    void start() {
        bus = Buses.empty(directory);
        bus.announce(recorder);
    }

    @AfterEach
    void stop() {
        bus.deactivate();
        assertEquals(0, recorder.overlaps.get());
        assertEquals(0, recorder.nonsense.get());
        assertTrue(recorder.present.isEmpty());
    }

    private static void refused(Errno errno, Executable call) {
        assertEquals(errno, assertThrows(VfioException.class, call).errno());
    }

    @Test
    void functionsComeAndGo() {
        bus.plug(nic("00:05.0"));
        bus.plug(nic("00:04.0"));
        bus.unplug(at("00:05.0"));
        assertEquals(List.of("+0000:00:05.0", "+0000:00:04.0", "-0000:00:05.0"), recorder.heard);
        refused(Errno.ENODEV, () -> bus.unplug(at("00:05.0")));
        refused(Errno.ENODEV, () -> bus.function(at("00:05.0")));
        refused(Errno.EEXIST, () -> bus.plug(nic("00:04.0")));
    }

    @Test
    void aBridgeGoesAfterWhatIsBehindIt() {
        bus.plug(new FunctionSpec(at("00:01.0"),
                FunctionDescription.builder(Buses.NIC).bridge(1, 3).build()));
        bus.plug(new FunctionSpec(at("01:00.0"),
                FunctionDescription.builder(Buses.NIC).bridge(2, 2).build()));
        bus.plug(nic("02:00.0"));
        bus.plug(nic("04:00.0"));
        recorder.heard.clear();
        bus.unplug(at("00:01.0"));
        assertEquals(List.of("-0000:02:00.0", "-0000:01:00.0", "-0000:00:01.0"), recorder.heard);
        assertEquals(Set.of(at("04:00.0")), recorder.present.keySet());
    }

    @Test
    void virtualFunctionsAreWhereOffsetAndStrideSay() {
        bus.plug(physical("01:00.0", 70, 0x80, 3));
        bus.enableVirtualFunctions(PF, 70);
        List<PciAddress> vfs = bus.function(PF).virtualFunctions();
        assertEquals(70, vfs.size());
        assertEquals(at("01:10.0"), vfs.get(0));
        assertEquals(at("01:10.3"), vfs.get(1));
        assertEquals(at("02:09.7"), vfs.get(69), "0x180 + 3 * 69 - 0x80: on the next bus");
        EmulatedFunction vf = bus.function(vfs.get(69));
        assertEquals(0x101e, vf.key().device());
        assertEquals(0x15b3, vf.key().vendor());
        assertEquals(List.of(new Bar(0, 1 << 20, false, true, true)), vf.bars());
        assertEquals(-1, vf.config().read(0, 4));
        vf.config().write(4, 2, 0xffff);
        assertEquals(0x0004, vf.config().read(4, 2), "a VF has only bus master");
        vf.config().write(0x10, 4, -1);
        assertEquals(0, vf.config().read(0x10, 4), "the BARs of VFs are in the PF's capability");
        assertTrue(vf.driversAutoprobe());
    }

    @Test
    void enablingKeepsTheCapabilityRight() {
        ConfigSpace config = bus.plug(physical("01:00.0", 8, 2, 1)).config();
        int sriov = ChainWalk.extended(config).get(0x10);
        bus.enableVirtualFunctions(PF, 3);
        assertEquals(1, config.read(sriov + 8, 2) & 1);
        assertEquals(3, config.read(sriov + 0x10, 2));
        config.write(sriov + 0x10, 2, 5);
        assertEquals(3, config.read(sriov + 0x10, 2), "NumVFs is fixed while VFs are enabled");
        bus.enableVirtualFunctions(PF, 0);
        assertEquals(0, config.read(sriov + 8, 2) & 1);
        assertEquals(0, config.read(sriov + 0x10, 2));
        assertEquals(List.of(), bus.function(PF).virtualFunctions());
        assertEquals(Set.of(PF), recorder.present.keySet());
    }

    @Test
    void functionsFollowTheRegisterThatADriverWrites() {
        ConfigSpace config = bus.plug(physical("01:00.0", 8, 2, 1)).config();
        int sriov = ChainWalk.extended(config).get(0x10);
        config.write(sriov + 0x10, 2, 2);
        assertEquals(1, recorder.present.size());
        config.write(sriov + 8, 2, 0x9);
        assertEquals(Set.of(PF, at("01:00.2"), at("01:00.3")), recorder.present.keySet());
        config.write(sriov + 8, 2, 0x8);
        assertEquals(Set.of(PF), recorder.present.keySet());
    }

    @Test
    void aWriteThatCannotBeFollowedClearsTheEnableBit() {
        ConfigSpace config = bus.plug(physical("01:00.0", 8, 2, 1)).config();
        bus.plug(nic("01:00.3"));
        int sriov = ChainWalk.extended(config).get(0x10);
        config.write(sriov + 0x10, 2, 2);
        config.write(sriov + 8, 2, 1);
        assertEquals(0, config.read(sriov + 8, 2));
        assertEquals(2, recorder.present.size());
    }

    @Test
    void whatSriovForbidsIsRefused() {
        bus.plug(physical("01:00.0", 8, 2, 1));
        bus.plug(nic("00:04.0"));
        refused(Errno.ERANGE, () -> bus.enableVirtualFunctions(PF, 9));
        refused(Errno.ERANGE, () -> bus.enableVirtualFunctions(PF, -1));
        refused(Errno.EOPNOTSUPP, () -> bus.enableVirtualFunctions(at("00:04.0"), 1));
        refused(Errno.ENODEV, () -> bus.enableVirtualFunctions(at("00:09.0"), 1));
        bus.enableVirtualFunctions(PF, 2);
        bus.enableVirtualFunctions(PF, 2);
        refused(Errno.EBUSY, () -> bus.enableVirtualFunctions(PF, 3));
        refused(Errno.EINVAL, () -> bus.unplug(at("01:00.2")));
        refused(Errno.EOPNOTSUPP, () -> bus.driversAutoprobe(at("01:00.2"), false));
        refused(Errno.EEXIST, () -> bus.plug(nic("01:00.2")));
        bus.plug(physical("ff:1f.0", 8, 2, 2));
        refused(Errno.ERANGE, () -> bus.enableVirtualFunctions(at("ff:1f.0"), 8));
        assertEquals(List.of(), bus.function(at("ff:1f.0")).virtualFunctions());
    }

    @Test
    void aPlaceInTheWayLeavesNothingEnabled() {
        ConfigSpace config = bus.plug(physical("01:00.0", 8, 2, 1)).config();
        bus.plug(nic("01:00.4"));
        refused(Errno.EEXIST, () -> bus.enableVirtualFunctions(PF, 8));
        assertEquals(0, config.read(ChainWalk.extended(config).get(0x10) + 8, 2) & 1);
        assertEquals(2, recorder.present.size());
        bus.enableVirtualFunctions(PF, 2);
        assertEquals(4, recorder.present.size());
    }

    @Test
    void aPhysicalFunctionTakesItsVirtualOnesAlong() {
        bus.plug(physical("01:00.0", 8, 2, 1));
        bus.enableVirtualFunctions(PF, 2);
        EmulatedFunction vf = bus.function(at("01:00.3"));
        assertEquals(Optional.of(PF), vf.physicalFunction());
        vf.barMemory(0);
        recorder.heard.clear();
        bus.unplug(PF);
        assertEquals(List.of("-0000:01:00.3", "-0000:01:00.2", "-0000:01:00.0"), recorder.heard);
        refused(Errno.ENODEV, () -> vf.barMemory(0));
    }

    @Test
    void autoprobeIsThePhysicalFunctions() {
        EmulatedFunction pf = bus.plug(physical("01:00.0", 8, 2, 1));
        assertTrue(pf.driversAutoprobe());
        bus.driversAutoprobe(PF, false);
        assertFalse(pf.driversAutoprobe());
    }

    @Test
    void groupsAreOwnUnlessNamedOrBehindAPciBridgeAndAreReused() {
        int own = bus.plug(nic("00:04.0")).iommuGroup().orElseThrow();
        FunctionSpec named = new FunctionSpec(at("00:05.0"), nic("00:05.0").description(), OptionalInt.of(own + 1),
                OptionalInt.of(3), 0);
        assertEquals(own + 1, bus.plug(named).iommuGroup().orElseThrow());
        assertEquals(OptionalInt.of(3), bus.function(at("00:05.0")).numaNode());
        int next = bus.plug(nic("00:06.0")).iommuGroup().orElseThrow();
        assertEquals(own + 2, next);
        bus.unplug(at("00:04.0"));
        assertEquals(own, bus.plug(nic("00:07.0")).iommuGroup().orElseThrow());
        EmulatedFunction bridge = bus.plug(
                new FunctionSpec(at("00:08.0"), FunctionDescription.builder(Buses.NIC).bridge(1, 1).build()));
        assertEquals(bridge.iommuGroup(), bus.plug(nic("01:01.0")).iommuGroup());
    }

    @Test
    void aBridgeThatLeadsUpIsRefused() {
        FunctionDescription model = FunctionDescription.builder(Buses.NIC).bridge(3, 4).build();
        assertThrows(IllegalArgumentException.class, () -> new FunctionSpec(at("03:00.0"), model));
        assertThrows(IllegalArgumentException.class, () -> FunctionDescription.builder(Buses.NIC).bridge(4, 3));
    }
}
