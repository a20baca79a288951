// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.binding;

/**
 * A function that was taken from its host.
 *
 * @param identity which function it was: another may be in its place now, or the same, plugged anew; its
 *     modalias where it was taken by a daemon that knew no better
 * @param driver the VFIO driver it was given to, which is its override since
 * @param formerDriver whose it was, or null
 * @param formerOverride what its override was, or null
 */
record TakenFunction(String identity, String driver, String formerDriver, String formerOverride) {

    /** The same function, given to another VFIO driver since. */
    TakenFunction to(String other) {
        return new TakenFunction(identity, other, formerDriver, formerOverride);
    }
}
