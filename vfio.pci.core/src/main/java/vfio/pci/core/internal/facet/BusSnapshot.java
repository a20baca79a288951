// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.facet;

import java.util.function.Consumer;
import java.util.stream.Stream;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.pci.core.bus.PciBus;
import vfio.pci.core.internal.PciCore;
import vfio.pci.core.internal.slot.FunctionSlot;
import vfio.pci.core.snapshot.FunctionSnapshot;

/** The functions of a bus, read whole for an operator's face. */
final class BusSnapshot {
    private BusSnapshot() {
    }

    /** Reads them, as {@link vfio.pci.core.admin.PciAdmin#snapshot} says. */
    static Stream<FunctionSnapshot> of(PciCore core, String name, Consumer<String> unread) {
        PciBus bus = core.buses().stream().filter(b -> b.name().equals(name)).findFirst().orElseThrow(
                () -> new VfioException(VfioException.Kind.UNKNOWN_NAME, Errno.ENODEV,
                        "read the functions of bus " + name + ": there is no such bus; "
                        + "'status' shows those there are"));
        return core.functions().on(bus).stream().flatMap(slot -> read(slot, unread));
    }

    private static Stream<FunctionSnapshot> read(FunctionSlot slot, Consumer<String> unread) {
        try {
            return Stream.of(FunctionSnapshot.of(slot.function()));
        } catch (VfioException e) {
            unread.accept(e.getMessage());
            return Stream.empty();
        }
    }
}
