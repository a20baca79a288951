// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.standalone;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import vfio.core.EventLog;
import vfio.core.VfioException;
import vfio.hardware.emulated.FunctionDescription;
import vfio.hardware.emulated.FunctionSpec;
import vfio.hardware.emulated.config.RegisterBlock;
import vfio.hardware.emulated.model.DeviceModel;
import vfio.hardware.emulated.model.DeviceModelFactory;
import vfio.pci.core.bus.PciBus.Listener;
import vfio.pci.core.bus.PciFunction.Bar;
import vfio.pci.core.bus.PciFunction.ConfigSpace;
import vfio.pci.core.bus.PciFunction;
import vfio.pci.core.id.DeviceKey;
import vfio.pci.core.id.PciAddress;

/** A stranger's device, as written with nothing but exported packages. */
class StandaloneBusTest {
    private static final PciAddress PLACE = PciAddress.parse("0000:40:00.0");
    private static final DeviceKey KEY = new DeviceKey(0x1234, 0xcafe, 0, 0, 0xff0000);

    private final StandaloneBus bus = StandaloneBus.builtIn();

    /** A device whose registers read their own position. */
    private static final class Echo implements DeviceModel {
        @Override
        public long read(int bar, long position, int width) {
            return position;
        }

        @Override
        public void write(int bar, long position, int width, long value) {
        }
    }

    private static FunctionDescription.Builder device() {
        return FunctionDescription.builder(KEY).bar(new Bar(0, 4096, false, false, false));
    }

    @Test
    void aModelAnswersUntilItsFactoryIsRemoved() {
        DeviceModelFactory factory = port -> new Echo();
        bus.addModel("echo", factory);
        PciFunction function = bus.hotplug().plug(
                new FunctionSpec(PLACE, device().model("echo").build()));
        assertEquals(0x124, function.side().raw().orElseThrow().bar(0).read(0x124, 4));
        bus.removeModel("echo", factory);
        assertEquals(-1, function.side().raw().orElseThrow().bar(0).read(0x124, 4));
    }

    @Test
    void aCapabilityOfRegistersKeepsWhatItsMasksLet() {
        RegisterBlock registers = new RegisterBlock(8).u8(2, 8).u32(4, 0x5500_00aa).rw(4, 1, 0x0f).w1c(7, 1, 0x50);
        ConfigSpace config = bus.hotplug()
                .plug(new FunctionSpec(PLACE, device().capability(0x09, registers).build())).config();
        assertEquals(0x40, config.read(0x34, 1));
        assertEquals(0x09, config.read(0x40, 1));
        config.write(0x44, 4, 0x1fff_ff55);
        assertEquals(0x4500_00a5, config.read(0x44, 4));
    }

    @Test
    void busesLiveSideBySide() {
        bus.hotplug().plug(new FunctionSpec(PLACE, device().build()));
        try (StandaloneBus other = StandaloneBus.builtIn()) {
            assertThrows(VfioException.class, () -> other.hotplug().function(PLACE));
        }
        assertEquals(KEY, bus.hotplug().function(PLACE).key());
    }

    @Test
    void closingUnplugsAllFunctions() throws Exception {
        List<PciAddress> present = new ArrayList<>();
        bus.bus().announce(new Listener() {
            @Override
            public void added(PciFunction function) {
                present.add(function.address());
            }

            @Override
            public void removed(PciAddress address) {
                present.remove(address);
            }
        });
        int builtIn = present.size();
        bus.hotplug().plug(new FunctionSpec(PLACE, device().build()));
        assertEquals(builtIn + 1, present.size());
        bus.close();
        assertEquals(List.of(), present);
    }

    @Test
    void aWrongTopologyIsAnEvent(@TempDir Path directory) throws Exception {
        EventLog events = new EventLog();
        StandaloneBus.of(Files.writeString(directory.resolve("t.yaml"), "functions: 1"), directory, events).close();
        assertEquals(List.of("topology-refused"),
                events.after(0, EventLog.CAPACITY, Duration.ZERO).stream().map(e -> e.type()).toList());
    }
}
