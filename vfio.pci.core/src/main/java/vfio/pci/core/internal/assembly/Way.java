// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.assembly;

import java.util.OptionalInt;

/**
 * The way on which a function goes from one build of its driver to another.
 *
 * @param text {@code idle}, {@code none}, {@code state VERSION}, or {@code close} for no way while it is open
 * @param stateVersion the version of the state that is handed over; empty where none of the driver's methods is called
 */
public record Way(String text, OptionalInt stateVersion) {
    /** Nobody has the function open. */
    public static final Way IDLE = new Way("idle", OptionalInt.empty());
    /** The drivers have no state. */
    public static final Way NONE = new Way("none", OptionalInt.empty());
    /** No way leads over before the last close. */
    public static final Way CLOSE = new Way("close", OptionalInt.empty());

    /** Returns the way by a state; version 0 stands for none. */
    static Way of(int version) {
        return new Way(version == 0 ? NONE.text : "state " + version, OptionalInt.of(version));
    }

    @Override
    public String toString() {
        return text;
    }
}
