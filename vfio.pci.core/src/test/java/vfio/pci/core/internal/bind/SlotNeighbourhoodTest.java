// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.bind;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import vfio.pci.core.bus.PciFunction;
import vfio.pci.core.fake.FakeFunction;
import vfio.pci.core.fake.HardwareImage;
import vfio.pci.core.id.PciAddress;
import vfio.pci.core.internal.TestCore;
import vfio.pci.core.internal.function.BarRange;

class SlotNeighbourhoodTest {
    private final TestCore core = new TestCore();

    @AfterEach
    void end() {
        core.close();
    }

    /** With configuration space of its own. */
    private FakeFunction plug(String address) {
        FakeFunction function = new FakeFunction(address, 0x1234, 1);
        function.config = new HardwareImage(256);
        return core.bus.plug(function);
    }

    private FakeFunction bridge(String address, int secondary, int subordinate) {
        FakeFunction bridge = new FakeFunction(address, 0x1234, 2);
        bridge.headerType = 1;
        bridge.config = new HardwareImage(256).u8(0x19, secondary).u8(0x1a, subordinate);
        return core.bus.plug(bridge);
    }

    private List<String> path(String name) {
        return surroundings(name).path().stream().map(PciFunction::address).map(PciAddress::toString).toList();
    }

    private SlotNeighbourhood surroundings(String name) {
        return new SlotNeighbourhood(core.slot(name), core.slot(name).raw().orElseThrow(), core.core.functions(), null);
    }

    @Test
    void pathLeadsOverEachBridgeToTheRoot() {
        bridge("0000:00:01.0", 1, 3);
        bridge("0000:00:02.0", 4, 4);
        bridge("0001:00:01.0", 3, 3);
        bridge("0000:01:00.0", 2, 3);
        bridge("0000:02:01.0", 3, 3);
        plug("0000:03:00.0");
        plug("0000:00:03.0");
        assertEquals(List.of("0000:03:00.0", "0000:02:01.0", "0000:01:00.0", "0000:00:01.0"), path("0000:03:00.0"));
        assertEquals(List.of("0000:00:03.0"), path("0000:00:03.0"));
    }

    @Test
    void pathOfAVirtualFunctionIsItsPhysicalOnes() {
        bridge("0000:00:01.0", 1, 2);
        plug("0000:01:00.0");
        plug("0000:02:00.0").physicalFunction = PciAddress.parse("0000:01:00.0");
        assertEquals(List.of("0000:01:00.0", "0000:00:01.0"), path("0000:02:00.0"));
    }

    @Test
    void addressesAreDecodedByOthersOfTheDomainAlone() {
        plug("0000:00:03.0").config.write(0x10, 4, 0);
        ((HardwareImage) plug("0000:00:03.1").config).u32(0x10, 0xd0001000);
        ((HardwareImage) plug("0001:00:03.0").config).u32(0x10, 0xd0003000);
        SlotNeighbourhood surroundings = surroundings("0000:00:03.0");
        assertTrue(surroundings.decodes(new BarRange(0xd0001fffL, 0xd0002000L)));
        assertFalse(surroundings.decodes(new BarRange(0xd0002000L, 0xd0005000L)));
        assertFalse(surroundings.decodes(new BarRange(0xd0000000L, 0xd0001000L)));
        assertFalse(surroundings("0000:00:03.1").decodes(new BarRange(0xd0001000L, 0xd0002000L)), "its own count not");
    }
}
