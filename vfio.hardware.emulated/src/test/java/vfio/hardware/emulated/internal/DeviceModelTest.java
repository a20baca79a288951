// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.internal;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static vfio.hardware.emulated.internal.Buses.at;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.device.MemoryRegion;
import vfio.core.device.RegionOperations;
import vfio.hardware.emulated.internal.function.EmulatedFunction;
import vfio.hardware.emulated.model.DeviceModel;
import vfio.hardware.emulated.model.DeviceModelFactory;
import vfio.hardware.emulated.model.ModelPort;
import vfio.pci.core.bus.DmaAccess;
import vfio.pci.core.bus.InterruptLines.Kind;

class DeviceModelTest {
    private static final Map<String, Object> NAMED = Map.of(DeviceModelFactory.NAME, "card");
    @TempDir
    Path directory;
    private EmulatedBus bus;
    private EmulatedFunction function;
    private final List<String> calls = new CopyOnWriteArrayList<>();
    private volatile ModelPort port;

    private final class Card implements DeviceModel {
        @Override
        public boolean memory(int bar) {
            return bar == 2;
        }

        @Override
        public long read(int bar, long position, int width) {
            return bar << 16 | position;
        }

        @Override
        public void write(int bar, long position, int width, long value) {
            calls.add("write %d %x %d %x".formatted(bar, position, width, value));
        }

        @Override
        public void reset() {
            calls.add("reset");
        }

        @Override
        public void powerState(int state) {
            calls.add("D" + state);
        }

        @Override
        public void close() {
            calls.add("close");
        }
    }

    private final DeviceModelFactory factory = its -> {
        port = its;
        return new Card();
    };

    private void plug(String rest) {
        bus = Buses.of("functions: [{address: 01:00.0, vendor: 1234, device: 1, class: 00ff00, pin: 1, model: card, "
                + "bars: {0: 4K, 1: 32 io, 2: 4K}, " + rest + "}]", directory);
        function = bus.function(at("01:00.0"));
    }

    @AfterEach
    void stop() {
        if (bus != null) {
            bus.deactivate();
        }
    }

    @Test
    void modelAnswersForRegistersAndPorts() {
        plug("numa: 0");
        bus.addModel(factory, NAMED);
        RegionOperations registers = function.side().bar(0);
        assertNull(registers.memory());
        assertEquals(0x10, registers.read(0x10, 4));
        registers.write(8, 8, -1);
        RegionOperations ports = function.side().bar(1);
        assertEquals(4, ports.widest());
        assertEquals(0x1001c, ports.read(0x1c, 4));
        assertInstanceOf(MemoryRegion.class, function.side().bar(2));
        assertNotNull(function.barMemory(2));
        assertEquals(Errno.EINVAL, assertThrows(VfioException.class, () -> function.barMemory(0)).errno());
        assertEquals(List.of("write 0 8 8 ffffffffffffffff"), calls);
    }

    @Test
    void modelIsMadeByTheFirstWhoReachesForIt() {
        plug("numa: 0");
        bus.addModel(factory, NAMED);
        function.config().read(0, 4);
        assertNull(port);
        function.side().bar(0).read(0, 4);
        assertEquals(at("01:00.0"), port.address());
    }

    @Test
    void withoutAModelRegistersReadAllOnesAndTheFunctionWarns() {
        plug("numa: 0");
        RegionOperations registers = function.side().bar(0);
        assertEquals(-1, registers.read(0, 4));
        registers.write(0, 4, 1);
        assertEquals(1, function.warnings().size());
        bus.addModel(factory, NAMED);
        assertEquals(List.of(), function.warnings());
        assertEquals(4, registers.read(4, 4), "who has the region open need not open it again");
        bus.removeModel(factory, NAMED);
        assertEquals(-1, registers.read(4, 4));
        assertEquals(List.of("close"), calls);
    }

    @Test
    void factoryThatFailsLeavesAllOnes() {
        plug("numa: 0");
        DeviceModelFactory failing = its -> {
            throw new IllegalStateException("no");
        };
        bus.addModel(failing, NAMED);
        assertEquals(-1, function.side().bar(0).read(0, 4));
        bus.addModel(factory, Map.of());
        assertEquals(-1, function.side().bar(0).read(0, 4), "a factory without a name is not used");
        bus.addModel(factory, NAMED);
        assertEquals(0, function.side().bar(0).read(0, 4), "the newer one is");
    }

    @Test
    void asleepNothingAnswers() {
        plug("capabilities: [pm]");
        bus.addModel(factory, NAMED);
        RegionOperations registers = function.side().bar(0);
        registers.read(0, 4);
        int control = ChainWalk.standard(function.config()).get(1) + 4;
        function.config().write(control, 2, 3);
        assertEquals(-1, registers.read(4, 4));
        registers.write(4, 4, 1);
        function.config().write(control, 2, 0);
        assertEquals(4, registers.read(4, 4));
        assertEquals(List.of("D3", "D0"), calls);
    }

    @Test
    void modelIsToldOfResets() {
        plug("capabilities: [pcie, pm], reset: {pm: works}");
        bus.addModel(factory, NAMED);
        int express = ChainWalk.standard(function.config()).get(0x10);
        int control = ChainWalk.standard(function.config()).get(1) + 4;
        function.config().write(express + 8, 2, 0x8000);
        assertEquals(List.of(), calls, "there is no model yet");
        function.side().bar(0).read(0, 4);
        function.config().write(express + 8, 2, 0x8000);
        function.config().write(control, 2, 3);
        function.config().write(control, 2, 0);
        assertEquals(List.of("reset", "D3", "reset", "D0"), calls);
    }

    @Test
    void unpluggedFunctionEndsItsModel() {
        plug("numa: 0");
        bus.addModel(factory, NAMED);
        RegionOperations registers = function.side().bar(0);
        registers.read(0, 4);
        bus.unplug(function.address());
        await().until(() -> calls.equals(List.of("close")));
        assertEquals(-1, registers.read(4, 4));
    }

    @Test
    void modelInterrupts() {
        plug("capabilities: [{msi: {vectors: 4}}]");
        bus.addModel(factory, NAMED);
        function.side().bar(0).read(0, 4);
        RecordingSink sink = new RecordingSink();
        port.assertIntx(true);
        assertTrue(function.side().interrupts().asserted());
        port.assertIntx(false);
        function.side().interrupts().connect(Kind.MSI, 4, sink);
        assertTrue(port.messagesEnabled());
        port.raise(3);
        assertEquals(List.of(3), sink.raised);
    }

    @Test
    void modelMastersTheBusWhenItMay() {
        plug("capabilities: [pm]");
        bus.addModel(factory, NAMED);
        function.side().bar(0).read(0, 4);
        byte[] memory = new byte[16];
        function.config().write(4, 2, 4);
        assertEquals(Errno.EIO, dmaErrno(), "nothing is attached");
        function.side().dma(new DmaAccess() {
            @Override
            public void read(long iova, ByteBuffer target) {
                target.put(memory, (int) iova, target.remaining());
            }

            @Override
            public void write(long iova, ByteBuffer source) {
                source.get(memory, (int) iova, source.remaining());
            }
        });
        port.writeMemory(4, ByteBuffer.wrap(new byte[] {1, 2, 3}));
        ByteBuffer back = ByteBuffer.allocate(2);
        port.readMemory(5, back);
        assertEquals(ByteBuffer.wrap(new byte[] {2, 3}), back.flip());
        function.config().write(4, 2, 2);
        assertEquals(Errno.EIO, dmaErrno(), "bus mastering is off");
        function.config().write(4, 2, 4);
        function.config().write(ChainWalk.standard(function.config()).get(1) + 4, 2, 3);
        assertEquals(Errno.EIO, dmaErrno(), "it sleeps");
    }

    private Errno dmaErrno() {
        return assertThrows(VfioException.class, () -> port.readMemory(0, ByteBuffer.allocate(1))).errno();
    }

    @Test
    void eachVirtualFunctionHasAModelOfItsOwn() {
        bus = Buses.of("functions: [{address: 01:00.0, vendor: 1234, device: 1, class: 00ff00, capabilities: [pcie], "
                + "sriov: {total: 4, enabled: 2, device: 2, bars: {0: 4K}, capabilities: [pcie], model: scratch, "
                + "reset: {flr: hangs}}}]", directory);
        EmulatedFunction first = bus.function(at("01:00.1"));
        EmulatedFunction second = bus.function(at("01:00.2"));
        first.side().bar(0).write(0, 4, 7);
        assertEquals(7, first.side().bar(0).read(0, 4));
        assertEquals(0, second.side().bar(0).read(0, 4));
        second.config().write(ChainWalk.standard(second.config()).get(0x10) + 8, 2, 0x8000);
        assertEquals(-1, second.config().read(4, 4));
        assertEquals(0x100000, first.config().read(4, 4));
    }

    @Test
    void scratchKeepsWhatIsWrittenUntilAReset() {
        bus = Buses.of("functions: [{address: 01:00.0, vendor: 1234, device: 1, class: 00ff00, model: scratch, "
                + "bars: {0: 4K}, capabilities: [pcie, {msix: {vectors: 8}}]}]", directory);
        function = bus.function(at("01:00.0"));
        RegionOperations registers = function.side().bar(0);
        registers.write(0, 8, 0x1122334455667788L);
        assertEquals(0x1122334455667788L, registers.read(0x100, 8), "the same every 256 bytes");
        assertEquals(0x66, registers.read(2, 1));
        assertEquals(0x5566, registers.read(2, 2));
        RecordingSink sink = new RecordingSink();
        function.side().interrupts().connect(Kind.MSIX, 8, sink);
        registers.write(0xfc, 4, 5);
        assertEquals(List.of(5), sink.raised);
        function.config().write(ChainWalk.standard(function.config()).get(0x10) + 8, 2, 0x8000);
        assertEquals(0, registers.read(0, 8));
    }
}
