// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static vfio.hardware.emulated.internal.Buses.at;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import vfio.hardware.emulated.FunctionDescription;
import vfio.hardware.emulated.FunctionSpec;
import vfio.hardware.emulated.capability.Capability;
import vfio.hardware.emulated.capability.ExtendedCapability;
import vfio.hardware.emulated.capability.StandardCapability;
import vfio.hardware.emulated.config.PortType;
import vfio.pci.core.bus.PciFunction.ConfigSpace;
import vfio.pci.core.bus.PciFunction;

class CapabilityChainTest {
    @TempDir
    Path directory;

    private ConfigSpace plug(List<Capability> capabilities) {
        FunctionDescription.Builder builder = FunctionDescription.builder(Buses.NIC);
        for (Capability each : capabilities) {
            if (each.extended()) {
                builder.extendedCapability(each.id(), each.version(), each.registers());
            } else {
                builder.capability(each.id(), each.registers());
            }
        }
        return Buses.empty(directory).plug(new FunctionSpec(at("00:04.0"), builder.build())).config();
    }

    private static List<Capability> standard() {
        return List.of(StandardCapability.powerManagement(), StandardCapability.msi(8, true, true),
                StandardCapability.vendor(new byte[] {1, 2, 3}), StandardCapability.advancedFeatures(),
                StandardCapability.express(PortType.ENDPOINT), StandardCapability.msix(64, 0, 0, 1024),
                StandardCapability.vitalProductData(), Capability.raw(0x07, new byte[6]));
    }

    private static List<Capability> extended() {
        return List.of(ExtendedCapability.errorReporting(false), ExtendedCapability.virtualChannel(),
                ExtendedCapability.serialNumber(0x0123456789abcdefL), ExtendedCapability.powerBudgeting(),
                ExtendedCapability.vendor(7, 1, new byte[12]), ExtendedCapability.accessControl(),
                ExtendedCapability.alternativeRouting(), ExtendedCapability.addressTranslation(),
                ExtendedCapability.pageRequest(), ExtendedCapability.latencyTolerance(),
                ExtendedCapability.processAddressSpace(), Capability.rawExtended(0x19, 1, new byte[8]));
    }

    @Test
    void chainsAreWalkedInOrderWithoutOverlap() {
        List<Capability> all = new ArrayList<>(standard());
        all.addAll(extended());
        ConfigSpace config = plug(all);
        check(standard(), ChainWalk.standard(config), 0x40, 0x100);
        check(extended(), ChainWalk.extended(config), 0x100, 0x1000);
    }

    private static void check(List<Capability> expected, Map<Integer, Integer> found, int from, int to) {
        assertEquals(expected.stream().map(Capability::id).toList(), List.copyOf(found.keySet()));
        int free = from;
        for (Capability capability : expected) {
            int at = found.get(capability.id());
            assertTrue(at >= free && at - free < 4, capability + " at " + at + " from " + free);
            free = at + capability.length();
        }
        assertTrue(free <= to);
    }

    @ParameterizedTest
    @CsvSource({"1,false,false,10", "32,true,false,14", "4,false,true,20", "16,true,true,24"})
    void msiIsAsLongAsItsFlagsSay(int vectors, boolean wide, boolean maskable, int length) {
        Capability msi = StandardCapability.msi(vectors, wide, maskable);
        assertEquals(length, msi.length());
        ConfigSpace config = plug(List.of(msi));
        int flags = config.read(0x42, 2);
        assertEquals(Integer.numberOfTrailingZeros(vectors), flags >> 1 & 7);
        assertEquals(wide, (flags & 0x80) != 0);
        assertEquals(maskable, (flags & 0x100) != 0);
        if (maskable) {
            int mask = 0x40 + length - 8;
            config.write(mask, 4, -1);
            assertEquals((int) ((1L << vectors) - 1), config.read(mask, 4), "one mask bit for each vector");
        }
    }

    @Test
    void lengthsAreThoseOfTheKernel() {
        List<Integer> standard = standard().stream().map(Capability::length).toList();
        assertEquals(List.of(8, 24, 6, 6, 0x34, 12, 8, 8), standard);
        List<Integer> extended = extended().stream().map(Capability::length).toList();
        assertEquals(List.of(0x2c, 0x1c, 12, 16, 20, 8, 8, 8, 16, 8, 8, 12), extended);
        assertEquals(0x2c, StandardCapability.express(PortType.INTEGRATED_ENDPOINT).length());
    }

    @Test
    void valuesAreWhereThePciSpecificationHasThem() {
        List<Capability> all = new ArrayList<>(standard());
        all.addAll(extended());
        ConfigSpace config = plug(all);
        Map<Integer, Integer> s = ChainWalk.standard(config);
        Map<Integer, Integer> e = ChainWalk.extended(config);
        assertEquals(3, config.read(s.get(0x01) + 2, 2) & 7, "PM version");
        assertEquals(6, config.read(s.get(0x09) + 2, 1), "vendor length");
        assertEquals(2, config.read(s.get(0x10) + 2, 2) & 0xf, "PCIe version");
        assertTrue((config.read(s.get(0x10) + 4, 4) & 0x10000000) != 0, "function level reset");
        assertEquals(63, config.read(s.get(0x11) + 2, 2), "MSI-X table size less one");
        assertEquals(0x89abcdef, config.read(e.get(0x0003) + 4, 4));
        assertEquals(0x01234567, config.read(e.get(0x0003) + 8, 4));
        assertEquals(20, config.read(e.get(0x000b) + 4, 4) >>> 20, "VSEC length");
        config.write(e.get(0x0001) + 8, 4, -1);
        assertEquals(0x03fff031, config.read(e.get(0x0001) + 8, 4), "AER uncorrectable mask");
    }

    @Test
    void sriovSaysWhereVfsAreAndSizesTheirBars() {
        PciFunction pf = Buses.empty(directory).plug(Buses.physical("01:00.0", 8, 2, 1));
        ConfigSpace config = pf.config();
        int sriov = ChainWalk.extended(config).get(0x0010);
        assertEquals(0x00080008, config.read(sriov + 0x0c, 4));
        assertEquals(0x00010002, config.read(sriov + 0x14, 4));
        assertEquals(0x101e, config.read(sriov + 0x1a, 2));
        config.write(sriov + 0x24, 4, -1);
        config.write(sriov + 0x28, 4, -1);
        assertEquals(0xfff0000c, config.read(sriov + 0x24, 4));
        assertEquals(-1, config.read(sriov + 0x28, 4));
    }

    @Test
    void whatDoesNotFitIsRefusedWithItsName() {
        List<Capability> many = java.util.Collections.nCopies(3, Capability.raw(0x09, new byte[62]));
        plug(many);
        List<Capability> one = java.util.Collections.nCopies(4, Capability.raw(0x09, new byte[62]));
        assertTrue(assertThrows(IllegalArgumentException.class, () -> plug(one)).getMessage().contains("capability 9"));
        String why = assertThrows(IllegalArgumentException.class,
                () -> plug(List.of(ExtendedCapability.accessControl()))).getMessage();
        assertTrue(why.contains("PCI Express"), why);
    }

    @Test
    void withoutExtendedOnesTheChainIsEmpty() {
        ConfigSpace config = plug(List.of(StandardCapability.express(PortType.ENDPOINT)));
        assertEquals(4096, config.size());
        assertEquals(0, config.read(0x100, 4));
        assertTrue(ChainWalk.standard(plug(List.of())).isEmpty());
    }
}
