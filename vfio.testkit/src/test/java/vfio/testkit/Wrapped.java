// SPDX-License-Identifier: Apache-2.0
package vfio.testkit;

import vfio.core.device.ForwardingRegion;
import vfio.core.device.RegionOperations;

/** A region that delegates everything; a test overrides what is to be wrong. */
class Wrapped extends ForwardingRegion {
    Wrapped(RegionOperations below) {
        super(below);
    }
}
