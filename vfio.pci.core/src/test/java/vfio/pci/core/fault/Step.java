// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.fault;

/** A step of an exchange at which a version of a driver runs. */
public enum Step {
    /** The next version is probed. */
    PROBE,
    /** The next version is asked about the device, before anybody waits. */
    ANSWERS,
    /** The version before hands over. */
    HAND_OVER,
    /** The next version takes over. */
    TAKE_OVER,
    /** The version before goes on, since the exchange was called off. */
    STAY,
    /** The version that does not have the device lets go. */
    HANDED_OVER,
    /** The version that does not have the function is removed. */
    REMOVE,
    /** A version that has taken over is asked whether it works. */
    HEALTHY,
    /** A user reads a register. */
    READ
}
