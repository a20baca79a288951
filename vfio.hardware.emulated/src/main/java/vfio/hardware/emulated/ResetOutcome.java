// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated;

/** The outcome of a reset of a function by some method. */
public enum ResetOutcome {
    /** It is as after power-on. */
    WORKS,
    /** The function does not have the method, and says so where it can. */
    ABSENT,
    /** The function stays as it is. */
    FAILS,
    /** The function answers no more, until another method that works resets it. */
    HANGS
}
