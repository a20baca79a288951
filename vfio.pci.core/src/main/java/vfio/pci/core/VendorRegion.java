// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core;

import java.util.ArrayList;
import java.util.List;
import vfio.core.device.ForwardingRegion;
import vfio.core.device.RegionOperations;
import vfio.core.info.InfoCapability;
import vfio.core.info.RegionType;

/** A driver's region behind the fixed ones, with the capability that states the region's type. */
final class VendorRegion extends ForwardingRegion {
    private final RegionType type;

    VendorRegion(RegionType type, RegionOperations operations) {
        super(operations);
        this.type = type;
    }

    @Override
    public List<InfoCapability> capabilities() {
        List<InfoCapability> all = new ArrayList<>();
        all.add(type.capability());
        all.addAll(super.capabilities());
        return all;
    }
}
