// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.function;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import vfio.core.device.DeviceHandle;
import vfio.core.info.DeviceInfo;
import vfio.core.info.InfoCapability;
import vfio.pci.core.VfioPciDevice;
import vfio.pci.core.VfioPciOperations;
import vfio.pci.core.fake.FakeCard;
import vfio.pci.core.id.PciAddress;

class AtomicOpsTest {
    private static final int ENDPOINT = 0;
    private static final int ROOT_PORT = 4;
    private static final int UPSTREAM = 5;
    private static final int DOWNSTREAM = 6;
    private static final int ROUTING = 0x40;
    private static final int ALL = 0x380;
    private static final int REQUESTS = 0x40;

    private final FakeCard function = express(new FakeCard(), ENDPOINT, ALL);
    private BoundFunction bound = new BoundFunction(function);

    @AfterEach
    void end() {
        bound.close();
    }

    private static FakeCard express(FakeCard function, int type, int capabilities) {
        function.image.u16(function.express + 2, 2 | type << 4).u32(function.express + 0x24, capabilities);
        function.image.rw(function.express + 0x28, 2, 0x00ff);
        return function;
    }

    private FakeCard above(int type, int capabilities) {
        FakeCard port = express(new FakeCard(), type, capabilities);
        bound.neighbourhood.path.add(port);
        return port;
    }

    private int control() {
        return function.image.get(function.express + 0x28, 2);
    }

    /** The flags as users get them, 0 without the capability. */
    private int flags() {
        return bound.open().info().capability(DeviceInfo.CAP_PCI_ATOMIC_COMP).map(atomics -> atomics.payload().getInt(0))
                .orElse(0);
    }

    @Test
    @Tag("C2-20")
    void layoutIsTheKernels() {
        above(ROOT_PORT, ALL);
        ByteBuffer bytes = bound.open().info().encode(64);
        assertEquals(40, bytes.limit(), "16 bytes behind the struct");
        assertEquals(24, bytes.getInt(16));
        assertEquals(5, bytes.getShort(24), "id");
        assertEquals(1, bytes.getShort(26), "version");
        assertEquals(0, bytes.getInt(28), "next");
        assertEquals(7, bytes.getInt(32), "flags");
        assertEquals(REQUESTS, control() & REQUESTS);
    }

    /** What the device completes, what the root port does, and the flags of both. */
    @ParameterizedTest
    @CsvSource({"080,380,1", "100,380,2", "200,380,4", "380,080,1", "380,100,2", "380,200,4", "380,180,3", "180,300,2"})
    @Tag("C2-21")
    void eachOperandHasABit(String device, String port, int flags) {
        express(function, ENDPOINT, Integer.parseInt(device, 16));
        above(ROOT_PORT, Integer.parseInt(port, 16));
        assertEquals(flags, flags());
    }

    /** Either of the two does none, or none of the same. */
    @ParameterizedTest
    @CsvSource({"000,380", "380,000", "080,300"})
    void withoutACommonOperandThereIsNoCapability(String device, String port) {
        express(function, ENDPOINT, Integer.parseInt(device, 16));
        above(ROOT_PORT, Integer.parseInt(port, 16));
        assertEquals(List.of(), bound.open().info().capabilities());
        assertEquals(0, control() & REQUESTS, "nothing is enabled");
    }

    @Test
    void switchMustRouteThem() {
        FakeCard downstream = above(DOWNSTREAM, ROUTING);
        above(UPSTREAM, ROUTING);
        above(ROOT_PORT, ALL);
        DeviceHandle handle = bound.open();
        assertEquals(1, handle.info().capabilities().size());
        handle.close();
        express(downstream, DOWNSTREAM, 0);
        assertEquals(0, flags());
    }

    @Test
    void upstreamPortMustNotBlockThem() {
        FakeCard upstream = above(UPSTREAM, ROUTING);
        above(ROOT_PORT, ALL);
        upstream.image.u16(upstream.express + 0x28, 0x80);
        assertEquals(0, flags());
    }

    @Test
    void egressBlockingOfARootPortIsForPeersAlone() {
        FakeCard port = above(ROOT_PORT, ALL);
        port.image.u16(port.express + 0x28, 0x80);
        assertEquals(7, flags());
    }

    @Test
    void endpointOfTheRootComplexHasNoPortAbove() {
        express(function, 9, 0x100);
        assertEquals(2, flags());
    }

    /** Ports and bridges, though their register has the bits. */
    @ParameterizedTest
    @ValueSource(ints = {ROOT_PORT, UPSTREAM, DOWNSTREAM, 7, 8, 10})
    void whatIsNoEndpointSendsNone(int type) {
        express(function, type, ALL);
        assertEquals(0, flags());
        assertEquals(0, control() & REQUESTS);
    }

    @Test
    void versionOneHasNoSuchRegister() {
        function.image.u16(function.express + 2, 1);
        assertEquals(0, flags());
    }

    @Test
    void virtualFunctionHasThoseOfItsPhysicalOne() {
        function.physicalFunction = PciAddress.parse("0000:01:00.1");
        express(function, ENDPOINT, 0);
        FakeCard physical = express(new FakeCard(), ENDPOINT, 0x180);
        bound.neighbourhood.path.set(0, physical);
        above(ROOT_PORT, ALL);
        assertEquals(3, flags());
        assertEquals(REQUESTS, physical.image.get(physical.express + 0x28, 2) & REQUESTS);
        assertEquals(0, control() & REQUESTS, "it is the PF's alone");
    }

    @Test
    void driversCapabilitiesComeFirst() {
        bound = new BoundFunction(function, Vendor::new);
        assertEquals(List.of(1, 5), bound.open().info().capabilities().stream().map(InfoCapability::id).toList());
    }

    private static final class Vendor extends VfioPciOperations {
        private Vendor(VfioPciDevice device) {
            super(device);
        }

        @Override
        protected List<InfoCapability> infoCapabilities() {
            return List.of(new InfoCapability(1, 2, new byte[40]));
        }
    }
}
