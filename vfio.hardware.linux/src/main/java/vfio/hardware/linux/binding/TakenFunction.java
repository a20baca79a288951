// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.binding;

/**
 * A function that was taken from its host.
 *
 * @param identity of the function's directory in sysfs: another function may be in its place now, or the same plugged anew;
 *     the modalias where an older daemon has taken it
 * @param driver the VFIO driver that got the function, and the override since
 * @param formerDriver the driver that had it before, or null
 * @param formerOverride the override before, or null
 */
record TakenFunction(String identity, String driver, String formerDriver, String formerOverride) {

    /** Returns this with another VFIO driver that got the function. */
    TakenFunction to(String other) {
        return new TakenFunction(identity, other, formerDriver, formerOverride);
    }
}
