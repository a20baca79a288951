// SPDX-License-Identifier: Apache-2.0
package vfio.realworld.lspci;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import vfio.core.EventLog;
import vfio.hardware.emulated.standalone.StandaloneBus;
import vfio.pci.core.bus.PciBus;
import vfio.pci.core.bus.PciFunction;
import vfio.pci.core.id.PciAddress;
import vfio.pci.core.snapshot.FunctionSnapshot;

/** The emulated bus with a topology, and all its functions as they are then. */
final class Bus {
    private Bus() {
    }

    /**
     * @param topology a file, empty for the built-in one
     * @throws AssertionError where the bus refuses it
     */
    static List<FunctionSnapshot> functions(String topology, Path directory) throws Exception {
        EventLog events = new EventLog();
        StandaloneBus bus = topology.isEmpty() ? StandaloneBus.builtIn()
                : StandaloneBus.of(Path.of(topology), directory, events);
        List<PciFunction> functions = new ArrayList<>();
        // All that are present are announced before it returns.
        bus.bus().announce(collector(functions)).close();
        List<String> refused = events.after(0, EventLog.CAPACITY, Duration.ZERO).stream()
                .filter(e -> e.type().equals("topology-refused")).map(Object::toString).toList();
        if (!refused.isEmpty() || functions.isEmpty()) {
            throw new AssertionError("the bus has " + functions.size() + " functions: " + refused);
        }
        return functions.stream().map(FunctionSnapshot::of).toList();
    }

    private static PciBus.Listener collector(List<PciFunction> functions) {
        return new PciBus.Listener() {
            @Override
            public void added(PciFunction function) {
                functions.add(function);
            }

            @Override
            public void removed(PciAddress address) {
                throw new AssertionError(address + " was removed");
            }
        };
    }
}
