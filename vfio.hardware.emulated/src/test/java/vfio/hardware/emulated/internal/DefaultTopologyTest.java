// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static vfio.hardware.emulated.internal.Buses.at;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import vfio.pci.core.bus.PciBus.Virtualization;
import vfio.pci.core.bus.PciFunction;
import vfio.pci.core.id.PciAddress;

class DefaultTopologyTest {
    @TempDir
    Path directory;
    private EmulatedBus bus;
    private final Recorder recorder = new Recorder();

    @BeforeEach
    void start() {
        bus = Buses.builtIn(directory);
        bus.announce(recorder);
    }

    @AfterEach
    void stop() {
        bus.deactivate();
    }

    private String text(String address) {
        PciFunction f = bus.function(at(address));
        return "%04x:%04x %06x".formatted(f.key().vendor(), f.key().device(), f.key().classCode());
    }

    @Test
    void isAnnouncedInAddressOrder() {
        List<String> expected = List.of("00:00.0", "00:02.0", "00:03.0", "00:1c.0", "00:1c.1", "00:1c.2", "00:1f.0",
                "01:00.0", "01:00.2", "01:00.3", "01:00.4", "01:00.5", "02:00.0", "03:00.0", "04:01.0", "04:02.0");
        assertEquals(expected.stream().map(a -> "+0000:" + a).toList(), recorder.heard);
        assertEquals("emulated", bus.name());
        assertEquals(Virtualization.RAW, bus.virtualization());
    }

    @Test
    void hasTheIdsOfRealDevices() {
        assertEquals("8086:29c0 060000", text("00:00.0"));
        assertEquals("8086:2918 060100", text("00:1f.0"));
        assertEquals("8086:1912 030000", text("00:02.0"));
        assertEquals("15b3:101d 020000", text("01:00.0"));
        assertEquals("15b3:101e 020000", text("01:00.2"));
        assertEquals("144d:a808 010802", text("02:00.0"));
        assertEquals("8086:10d3 020000", text("04:01.0"));
        assertEquals("1234:11e8 00ff00", text("00:03.0"));
        assertEquals(1 << 20, bus.function(at("00:03.0")).bars().get(0).size());
    }

    @Test
    void virtualFunctionsAndTheirPhysicalOneKnowEachOther() {
        PciFunction pf = bus.function(at("01:00.0"));
        List<PciAddress> vfs = List.of(at("01:00.2"), at("01:00.3"), at("01:00.4"), at("01:00.5"));
        assertEquals(vfs, pf.virtualFunctions());
        for (PciAddress vf : vfs) {
            assertEquals(Optional.of(pf.address()), bus.function(vf).physicalFunction());
            assertEquals(0xffffffff, bus.function(vf).config().read(0, 4));
        }
        assertEquals(Optional.empty(), pf.physicalFunction());
    }

    @Test
    void functionsBehindThePciBridgeShareAGroupAndOthersHaveTheirOwn() {
        int shared = bus.function(at("03:00.0")).iommuGroup().orElseThrow();
        assertEquals(shared, bus.function(at("04:01.0")).iommuGroup().orElseThrow());
        assertEquals(shared, bus.function(at("04:02.0")).iommuGroup().orElseThrow());
        assertNotEquals(shared, bus.function(at("00:1c.2")).iommuGroup().orElseThrow());
        long groups = recorder.present.values().stream().map(f -> f.iommuGroup().orElseThrow()).distinct().count();
        assertEquals(recorder.present.size() - 2, groups);
    }

    @Test
    void bridgesHaveBusNumbers() {
        PciFunction port = bus.function(at("00:1c.2"));
        assertEquals(1, port.headerType());
        assertEquals(0x00040300, port.config().read(0x18, 4));
        assertEquals(0x00040403, bus.function(at("03:00.0")).config().read(0x18, 4));
        assertEquals(0x81, port.config().read(0x0e, 1), "three root ports in one device");
        assertEquals(0x00, bus.function(at("01:00.0")).config().read(0x0e, 1), "VFs do not make a device multi-function");
    }

    @Test
    void noFunctionHasAHost() {
        assertTrue(recorder.present.values().stream().allMatch(f -> f.host().isEmpty() && f.warnings().isEmpty()));
    }
}
