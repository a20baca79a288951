// SPDX-License-Identifier: Apache-2.0
package examples.nic.pf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import examples.nic.api.NicCommands;
import examples.nic.model.NicModelFactory;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.hardware.emulated.FunctionDescription;
import vfio.hardware.emulated.config.PortType;
import vfio.pci.core.bus.PciFunction.Bar;
import vfio.pci.core.id.DeviceKey;
import vfio.pci.core.id.PciAddress;
import vfio.testkit.Rig;

/** The driver of the card's PF, on a card of the emulated bus. */
class NicDriverTest {
    private final Rig pf = new Rig(card(), NicDriver::new).state("1").settings(Map.of("vfs", "2"));

    static FunctionDescription card() {
        return FunctionDescription.builder(new DeviceKey(0x1234, 0x11f0, 0x1234, 0x1, 0x020000))
                .bar(new Bar(0, 4096, false, false, false)).bar(new Bar(2, 8192, false, false, false))
                .express(PortType.ENDPOINT).msix(2, 2, 0, 0x1000).model(NicModelFactory.MODEL)
                .sriov(4, 0x11f1, 1, 1, vf -> vf.bar(new Bar(0, 4096, false, false, false)).express(PortType.ENDPOINT)).build();
    }

    @BeforeEach
    void bind() {
        Rig.model(NicModelFactory.MODEL, new NicModelFactory());
        pf.bind();
    }

    @AfterEach
    void close() {
        pf.close();
    }

    @Test
    void firmwareTellsTheAddressOfEachVf() {
        List<PciAddress> vfs = pf.function().virtualFunctions();
        NicCommands commands = pf.offered(NicCommands.class);
        assertArrayEquals(new byte[] {2, 0x4e, 0x49, 0x43, 0, 0}, commands.macOf(vfs.get(0)));
        assertArrayEquals(new byte[] {2, 0x4e, 0x49, 0x43, 0, 1}, commands.macOf(vfs.get(1)));
        assertEquals(Errno.EINVAL,
                assertThrows(VfioException.class, () -> commands.macOf(pf.function().address())).errno());
    }

    @Test
    void nextVersionGoesOn() {
        List<PciAddress> vfs = pf.function().virtualFunctions();
        NicCommands commands = pf.offered(NicCommands.class);
        byte[] mac = commands.macOf(vfs.get(1));
        pf.exchange();
        assertSame(commands, pf.offered(NicCommands.class));
        assertArrayEquals(mac, commands.macOf(vfs.get(1)));
        assertEquals(vfs, pf.function().virtualFunctions());
    }

    @Test
    void vfsGoWithTheDriver() {
        NicCommands commands = pf.offered(NicCommands.class);
        PciAddress vf = pf.function().virtualFunctions().get(0);
        pf.unbind();
        assertEquals(List.of(), pf.function().virtualFunctions());
        assertEquals(Errno.ENOTCONN, assertThrows(VfioException.class, () -> commands.macOf(vf)).errno());
        pf.bind();
        assertEquals(2, pf.function().virtualFunctions().size());
    }
}
