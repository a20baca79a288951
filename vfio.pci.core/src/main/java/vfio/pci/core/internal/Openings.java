// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal;

import java.util.Collection;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;
import vfio.core.DeviceHandle;
import vfio.core.Errno;
import vfio.core.VfioDevice;
import vfio.core.VfioException;
import vfio.core.VfioUser;
import vfio.pci.core.HotResetInfo;
import vfio.pci.core.internal.FunctionSlot.Bound;
import vfio.pci.core.internal.sriov.OpenName;
import vfio.pci.core.internal.sriov.VfToken;

/** How users get at functions, and what they may then do to several at once. */
final class Openings {
    private final Functions functions;
    private final HotReset hotReset;

    Openings(Functions functions, HotReset hotReset) {
        this.functions = functions;
        this.hotReset = hotReset;
    }

    HotReset hotReset() {
        return hotReset;
    }

    DeviceHandle open(String text, VfioUser user) {
        return device(text).open(user);
    }

    DeviceHandle openDirect(String text, VfioUser user) {
        return device(text).openDirect(user);
    }

    private VfioDevice device(String text) {
        OpenName name = OpenName.parse(text);
        FunctionSlot slot = functions.named(name.function());
        VfioDevice device = Binder.opened(slot);
        checkToken(slot, name.token());
        return device;
    }

    private void checkToken(FunctionSlot slot, Optional<UUID> given) {
        if (slot.function().physicalFunction().isPresent()) {
            Optional<VfToken> token = functions.physicalToken(slot);
            if (token.isPresent()) {
                token.get().checkVirtual(slot.name(), given);
            } else {
                VfToken.checkNone(slot.name(), given, "its PF is not bound to a VFIO driver");
            }
            return;
        }
        Bound bound = slot.bound();
        if (bound != null && bound.token() != null) {
            bound.token().checkPhysical(slot.name(), given);
        } else {
            VfToken.checkNone(slot.name(), given, "it is neither a PF nor a VF");
        }
    }

    HotResetInfo hotResetInfo(DeviceHandle handle) {
        return hotReset.info(slot(handle));
    }

    void hotReset(DeviceHandle handle, Collection<DeviceHandle> owned) {
        FunctionSlot slot = slot(handle);
        VfioDevice device = Binder.opened(slot);
        String act = "hot reset of " + slot.name() + ": ";
        if (device.direct() != owned.isEmpty()) {
            throw new VfioException(Errno.EINVAL, act + (owned.isEmpty() ? "say which handles are yours, one of each group"
                    : "it was opened directly, so what is yours is known; name no handles"));
        }
        int affected = hotReset.info(slot).dependents().size();
        if (owned.size() > affected) {
            throw new VfioException(Errno.EINVAL, act + owned.size() + " handles are given, and " + affected
                    + " functions would be reset");
        }
        hotReset.reset(slot, device.direct() ? sameUser(device) : inGroupsOf(act, owned));
    }

    private Predicate<FunctionSlot> inGroupsOf(String act, Collection<DeviceHandle> owned) {
        Set<Integer> groups = new HashSet<>();
        for (DeviceHandle handle : owned) {
            if (!handle.isOpen()) {
                throw new VfioException(Errno.EBADF, act + "the handle of " + handle.deviceName() + " is closed");
            }
            slot(handle).function().iommuGroup().ifPresent(groups::add);
        }
        return other -> other.function().iommuGroup().stream().anyMatch(groups::contains);
    }

    /** Those that the same user has open, and those in a group with one of them. */
    private Predicate<FunctionSlot> sameUser(VfioDevice device) {
        VfioUser user = device.directUser();
        return other -> functions.inGroupOf(other).stream().map(FunctionSlot::bound)
                .anyMatch(bound -> bound != null && bound.vfio() != null && bound.vfio().directUser() == user);
    }

    private FunctionSlot slot(DeviceHandle handle) {
        if (!handle.isOpen()) {
            throw new VfioException(Errno.ENODEV, "hot reset of " + handle.deviceName() + ": the handle is closed");
        }
        try {
            return functions.named(handle.deviceName());
        } catch (VfioException e) {
            throw new VfioException(Errno.EINVAL, "hot reset of " + handle.deviceName() + ": it is no function of a PCI bus");
        }
    }
}
