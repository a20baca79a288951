// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.binding;

import vfio.pci.core.DeviceKey;

/**
 * A function that was taken from its host.
 *
 * @param key which function it was: another may be in its place now
 * @param driver the VFIO driver it was given to, which is its override since
 * @param formerDriver whose it was, or null
 * @param formerOverride what its override was, or null
 */
record Taken(DeviceKey key, String driver, String formerDriver, String formerOverride) {
}
