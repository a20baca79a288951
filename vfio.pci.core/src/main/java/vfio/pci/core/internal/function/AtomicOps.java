// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.function;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import vfio.core.info.DeviceInfo;
import vfio.core.info.InfoCapability;
import vfio.pci.core.bus.PciFunction;
import vfio.pci.core.bus.PciFunction.ConfigSpace;
import vfio.pci.core.internal.config.RawCapabilities;

/**
 * AtomicOps between a function and its root port (PCIe 6.0 section 6.15): what the device and the port both complete
 * (vfio_pci_info_atomic_cap, drivers/vfio/pci/vfio_pci_core.c; pci_enable_atomic_ops_to_root, drivers/pci/pci.c).
 */
final class AtomicOps {
    private static final int EXPRESS = 0x10;
    private static final int CAPABILITIES_2 = 0x24;
    private static final int CONTROL_2 = 0x28;
    private static final int ROUTING = 1 << 6;
    /** The completer bits of 32, 64 and 128-bit operands. */
    private static final int COMPLETER_SHIFT = 7;
    private static final int COMPLETERS = 7 << COMPLETER_SHIFT;
    private static final int REQUESTER_ENABLE = 1 << 6;
    private static final int EGRESS_BLOCKING = 1 << 7;
    private static final int VERSION = 1;

    private static final int ENDPOINT = 0x0;
    private static final int LEGACY_ENDPOINT = 0x1;
    private static final int ROOT_PORT = 0x4;
    private static final int UPSTREAM = 0x5;
    private static final int DOWNSTREAM = 0x6;
    private static final int INTEGRATED_ENDPOINT = 0x9;

    /** The PCI Express capability of one function on the path. */
    private record Express(ConfigSpace config, int start) {
        static Optional<Express> of(PciFunction function) {
            OptionalInt start = new RawCapabilities(function.config()).standard(EXPRESS);
            return start.isEmpty() ? Optional.empty() : Optional.of(new Express(function.config(), start.getAsInt()));
        }

        int type() {
            return config.read(start + 2, 2) >>> 4 & 0xf;
        }

        /** A register that version 1 does not have. */
        int second(int offset) {
            boolean there = (config.read(start + 2, 2) & 0xf) >= 2;
            return there ? config.read(start + offset, 2) : 0;
        }

        boolean endpoint() {
            return type() == ENDPOINT || type() == LEGACY_ENDPOINT || type() == INTEGRATED_ENDPOINT;
        }

        /** Which of the operands get through, where it is a port on the way; a bridge to PCI stands in nobody's way. */
        int passes(int operands) {
            int capabilities = second(CAPABILITIES_2);
            boolean blocked = type() == UPSTREAM && (second(CONTROL_2) & EGRESS_BLOCKING) != 0;
            return switch (type()) {
                case UPSTREAM, DOWNSTREAM -> (capabilities & ROUTING) == 0 || blocked ? 0 : operands;
                case ROOT_PORT -> operands & capabilities;
                default -> operands;
            };
        }

        void enableRequests() {
            synchronized (config) {
                config.write(start + CONTROL_2, 2, config.read(start + CONTROL_2, 2) | REQUESTER_ENABLE);
            }
        }
    }

    private AtomicOps() {
    }

    /**
     * Lets the function send those that are completed, and tells users which.
     *
     * @param path the function, for a VF its PF, then the bridges above it, nearest first
     * @return the capability of the device's info; empty where there are none
     */
    static Optional<InfoCapability> enable(List<PciFunction> path) {
        Optional<Express> device = Express.of(path.get(0)).filter(Express::endpoint);
        int operands = device.map(express -> express.second(CAPABILITIES_2) & COMPLETERS).orElse(0);
        for (PciFunction bridge : path.subList(1, path.size())) {
            int wanted = operands;
            operands = Express.of(bridge).map(port -> port.passes(wanted)).orElse(wanted);
        }
        if (operands == 0) {
            return Optional.empty();
        }
        device.orElseThrow().enableRequests();
        ByteBuffer flags = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putInt(0, operands >>> COMPLETER_SHIFT);
        return Optional.of(new InfoCapability(DeviceInfo.CAP_PCI_ATOMIC_COMP, VERSION, flags));
    }
}
