// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.function;

import static vfio.pci.core.id.PciRegisters.CAP_ID_EXP;
import static vfio.pci.core.id.PciRegisters.EXP_DEVCAP2;
import static vfio.pci.core.id.PciRegisters.EXP_DEVCAP2_ATOMIC_COMP128;
import static vfio.pci.core.id.PciRegisters.EXP_DEVCAP2_ATOMIC_COMP32;
import static vfio.pci.core.id.PciRegisters.EXP_DEVCAP2_ATOMIC_COMP64;
import static vfio.pci.core.id.PciRegisters.EXP_DEVCAP2_ATOMIC_ROUTE;
import static vfio.pci.core.id.PciRegisters.EXP_DEVCTL2;
import static vfio.pci.core.id.PciRegisters.EXP_DEVCTL2_ATOMIC_EGRESS_BLOCK;
import static vfio.pci.core.id.PciRegisters.EXP_DEVCTL2_ATOMIC_REQ;
import static vfio.pci.core.id.PciRegisters.EXP_FLAGS;
import static vfio.pci.core.id.PciRegisters.EXP_FLAGS_TYPE;
import static vfio.pci.core.id.PciRegisters.EXP_FLAGS_VERS;
import static vfio.pci.core.id.PciRegisters.EXP_TYPE_DOWNSTREAM;
import static vfio.pci.core.id.PciRegisters.EXP_TYPE_ENDPOINT;
import static vfio.pci.core.id.PciRegisters.EXP_TYPE_LEG_END;
import static vfio.pci.core.id.PciRegisters.EXP_TYPE_RC_END;
import static vfio.pci.core.id.PciRegisters.EXP_TYPE_ROOT_PORT;
import static vfio.pci.core.id.PciRegisters.EXP_TYPE_UPSTREAM;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import vfio.core.info.DeviceInfo;
import vfio.core.info.InfoCapability;
import vfio.pci.core.bus.PciFunction.ConfigSpace;
import vfio.pci.core.bus.PciFunction;
import vfio.pci.core.internal.config.RawCapabilities;

/**
 * The AtomicOps between a function and its root port (PCIe 6.0 section 6.15): those that the device and the port both
 * complete (vfio_pci_info_atomic_cap, drivers/vfio/pci/vfio_pci_core.c; pci_enable_atomic_ops_to_root, drivers/pci/pci.c).
 */
final class AtomicOps {
    private static final int COMPLETERS =
            EXP_DEVCAP2_ATOMIC_COMP32 | EXP_DEVCAP2_ATOMIC_COMP64 | EXP_DEVCAP2_ATOMIC_COMP128;
    private static final int COMPLETER_SHIFT = Integer.numberOfTrailingZeros(EXP_DEVCAP2_ATOMIC_COMP32);
    /** The version of the capability in the device's info. */
    private static final int VERSION = 1;

    /** The PCI Express capability of one function on the path. */
    private record Express(ConfigSpace config, int start) {
        static Optional<Express> of(PciFunction function) {
            OptionalInt start = new RawCapabilities(function.config()).standard(CAP_ID_EXP);
            return start.isEmpty() ? Optional.empty() : Optional.of(new Express(function.config(), start.getAsInt()));
        }

        int type() {
            return (config.read(start + EXP_FLAGS, 2) & EXP_FLAGS_TYPE) >>> 4;
        }

        /** Returns a register that version 1 of the capability does not have; 0 there. */
        int second(int offset) {
            boolean there = (config.read(start + EXP_FLAGS, 2) & EXP_FLAGS_VERS) >= 2;
            return there ? config.read(start + offset, 2) : 0;
        }

        boolean endpoint() {
            return type() == EXP_TYPE_ENDPOINT || type() == EXP_TYPE_LEG_END || type() == EXP_TYPE_RC_END;
        }

        /**
         * Returns those of the operands that get through this function, where it is a port on the way; a bridge to PCI blocks
         * none.
         */
        int passes(int operands) {
            int capabilities = second(EXP_DEVCAP2);
            boolean routes = (capabilities & EXP_DEVCAP2_ATOMIC_ROUTE) != 0;
            boolean blocked = type() == EXP_TYPE_UPSTREAM && (second(EXP_DEVCTL2) & EXP_DEVCTL2_ATOMIC_EGRESS_BLOCK) != 0;
            return switch (type()) {
                case EXP_TYPE_UPSTREAM, EXP_TYPE_DOWNSTREAM -> routes && !blocked ? operands : 0;
                case EXP_TYPE_ROOT_PORT -> operands & capabilities;
                default -> operands;
            };
        }

        void enableRequests() {
            synchronized (config) {
                config.write(start + EXP_DEVCTL2, 2, config.read(start + EXP_DEVCTL2, 2) | EXP_DEVCTL2_ATOMIC_REQ);
            }
        }
    }

    private AtomicOps() {
    }

    /**
     * Lets the function send the AtomicOps that are completed, and returns which these are.
     *
     * @param path the function, for a VF its PF, then the bridges above it, nearest first
     * @return the capability of the device's info; empty where no AtomicOp is completed
     */
    static Optional<InfoCapability> enable(List<PciFunction> path) {
        Optional<Express> device = Express.of(path.get(0)).filter(Express::endpoint);
        int operands = device.map(express -> express.second(EXP_DEVCAP2) & COMPLETERS).orElse(0);
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
