// SPDX-License-Identifier: Apache-2.0
package vfio.realworld.oracle.match;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.pci.core.bus.HostFunction;
import vfio.pci.core.bus.PciFunction;
import vfio.pci.core.id.DeviceKey;
import vfio.pci.core.id.PciAddress;

/** The twin of a function of the guest: what matching asks for, and nothing behind. It lives as long as the guest's does. */
final class TwinFunction implements PciFunction {
    private final PciAddress address;
    private final DeviceKey key;
    private final int headerType;
    private final PciAddress physical;
    final List<PciAddress> virtual = new ArrayList<>();
    boolean autoprobe = true;

    /** @param physical for a VF its PF, else null */
    TwinFunction(PciAddress address, DeviceKey key, int headerType, PciAddress physical) {
        this.address = address;
        this.key = key;
        this.headerType = headerType;
        this.physical = physical;
    }

    @Override
    public PciAddress address() {
        return address;
    }

    @Override
    public DeviceKey key() {
        return key;
    }

    @Override
    public int revision() {
        return 0;
    }

    @Override
    public int headerType() {
        return headerType;
    }

    @Override
    public ConfigSpace config() {
        throw new VfioException(Errno.EOPNOTSUPP, "read config space of " + address + ": its twin has none");
    }

    @Override
    public List<Bar> bars() {
        return List.of();
    }

    @Override
    public HostFunction side() {
        return token -> {
            throw new VfioException(Errno.EOPNOTSUPP, "open " + address + ": its twin cannot be opened");
        };
    }

    @Override
    public OptionalInt iommuGroup() {
        return OptionalInt.empty();
    }

    @Override
    public Optional<PciAddress> physicalFunction() {
        return Optional.ofNullable(physical);
    }

    @Override
    public List<PciAddress> virtualFunctions() {
        return List.copyOf(virtual);
    }

    @Override
    public boolean driversAutoprobe() {
        return autoprobe;
    }
}
