// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.config;

import static vfio.pci.core.id.PciRegisters.EXP_TYPE_DOWNSTREAM;
import static vfio.pci.core.id.PciRegisters.EXP_TYPE_ENDPOINT;
import static vfio.pci.core.id.PciRegisters.EXP_TYPE_PCI_BRIDGE;
import static vfio.pci.core.id.PciRegisters.EXP_TYPE_RC_END;
import static vfio.pci.core.id.PciRegisters.EXP_TYPE_ROOT_PORT;
import static vfio.pci.core.id.PciRegisters.EXP_TYPE_UPSTREAM;

/** The device/port types of the PCI Express capability (PCIe 6.0 §7.5.3.2). */
public enum PortType {
    ENDPOINT(EXP_TYPE_ENDPOINT), ROOT_PORT(EXP_TYPE_ROOT_PORT), UPSTREAM(EXP_TYPE_UPSTREAM), DOWNSTREAM(EXP_TYPE_DOWNSTREAM),
    PCI_BRIDGE(EXP_TYPE_PCI_BRIDGE), INTEGRATED_ENDPOINT(EXP_TYPE_RC_END);

    private final int code;

    PortType(int code) {
        this.code = code;
    }

    /** Returns the value in the PCI Express capabilities register. */
    public int code() {
        return code;
    }

    /** Returns the type of a value; {@link #ENDPOINT} for one that is not here. */
    public static PortType of(int code) {
        for (PortType type : values()) {
            if (type.code == code) {
                return type;
            }
        }
        return ENDPOINT;
    }

    /** Tells whether it is a root port or a port of a switch. */
    public boolean port() {
        return this == ROOT_PORT || this == UPSTREAM || this == DOWNSTREAM;
    }

    /** Tells whether its link leads downstream: it is a root port or a downstream port. */
    public boolean forwards() {
        return this == ROOT_PORT || this == DOWNSTREAM;
    }
}
