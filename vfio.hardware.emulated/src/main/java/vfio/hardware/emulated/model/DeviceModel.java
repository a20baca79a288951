// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.model;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * The device behind the BARs of one function: its registers, in Java. Made when somebody first reaches for the function's
 * hardware, closed when the function is unplugged or the factory goes.
 *
 * <p>Calls come on the users' threads, several at once, some with locks of the core held: a model does not wait in them, and
 * calls its {@link ModelPort} without a lock that any of these methods takes. What it throws reaches the user as an
 * error of the access.
 */
@ConsumerType
public interface DeviceModel extends AutoCloseable {

    /**
     * Tells whether a BAR is plain memory, which users reach without the model; such a BAR is never read or written here.
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

    /** Resets the device: the function was reset, by whatever method, and all is as after power-on, in D0. */
    default void reset() {
    }

    /**
     * Takes note of the power state that the function has entered.
     *
     * @param state 0 for D0 to 3 for D3hot
     */
    default void powerState(int state) {
    }

    /** Ends the device's threads and gives up what it holds. */
    @Override
    default void close() {
    }
}
