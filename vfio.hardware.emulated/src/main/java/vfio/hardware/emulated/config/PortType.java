// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.config;

/** The device/port types of the PCI Express capability (PCIe 6.0 §7.5.3.2). */
public enum PortType {
    ENDPOINT(0x0), ROOT_PORT(0x4), UPSTREAM(0x5), DOWNSTREAM(0x6), PCI_BRIDGE(0x7), INTEGRATED_ENDPOINT(0x9);

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
