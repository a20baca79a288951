// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.capability;


/** The capabilities of which the bus has no more than the place: their registers are read-only and 0. Users see none. */
public enum ReadOnlyCapability {
    SLOT_ID(0x04, 4), HOT_SWAP(0x06, 4), DEBUG_PORT(0x0a, 4), RESOURCE_CONTROL(0x0b, 4), HOT_PLUG(0x0c, 8), AGP8(0x0e, 12),
    SECURE_DEVICE(0x0f, 24),
    ROOT_LINK_DECLARATION(0x0005, 28, 1), ROOT_LINK_CONTROL(0x0006, 12, 1), ROOT_EVENT_COLLECTOR(0x0007, 8, 1),
    ROOT_REGISTERS(0x000a, 20, 1), CORRELATION(0x000c, 8, 1), MULTI_ROOT(0x0011, 24, 1), AMD(0x0014, 4, 1),
    PROTOCOL_MULTIPLEX(0x001a, 16, 1), VF_RESIZABLE_BAR(0x0024, 12, 1), DATA_LINK_FEATURE(0x0025, 12, 1),
    PHYSICAL_16GT(0x0026, 48, 1), LANE_MARGINING(0x0027, 72, 1), NATIVE_ENCLOSURE(0x0029, 16, 1),
    PHYSICAL_32GT(0x002a, 48, 1), DATA_OBJECT_EXCHANGE(0x002e, 24, 1);

    private final Capability capability;

    /** Makes a standard capability. */
    ReadOnlyCapability(int id, int length) {
        capability = Capability.raw(id, new byte[length - 2]);
    }

    /** Makes an extended capability. */
    ReadOnlyCapability(int id, int length, int version) {
        capability = Capability.rawExtended(id, version, new byte[length - 4]);
    }

    /** Returns the capability. */
    public Capability capability() {
        return capability;
    }
}
