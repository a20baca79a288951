// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.model;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * The registers of one function and what they do. Made when somebody first reaches for the function's hardware, closed when
 * it is unplugged or the factory goes.
 *
 * <p>Calls come on the users' threads, several at once, some with locks of the core held: a model does not wait in them, and
 * calls its {@link ModelPort} without a lock that any of these methods takes. What it throws reaches the user as an
 * error of the access.
 */
@ConsumerType
public interface DeviceModel extends AutoCloseable {

    /**
     * Whether a BAR is plain memory, which users reach without the model; such a BAR is never read or written here.
     *
     * @param bar 0 to 5
     */
    default boolean memory(int bar) {
        return false;
    }

    /**
     * Reads a register. Not called in D3hot, where all bits read one.
     *
     * @param position a multiple of {@code width}, within the BAR
     * @param width 1, 2, 4 or 8 bytes; of a BAR of ports at most 4
     * @return little-endian; bits above the width are ignored
     */
    long read(int bar, long position, int width);

    /**
     * Writes a register. Not called in D3hot, where writes are dropped.
     *
     * @param value little-endian; bits above the width are 0
     */
    void write(int bar, long position, int width, long value);

    /** The function was reset, by whatever method: everything is as after power-on, in D0. */
    default void reset() {
    }

    /**
     * The function has entered a power state.
     *
     * @param state 0 for D0 to 3 for D3hot
     */
    default void powerState(int state) {
    }

    /** Gives up threads and whatever else it has. */
    @Override
    default void close() {
    }
}
