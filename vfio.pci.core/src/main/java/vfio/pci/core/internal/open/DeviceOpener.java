// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.open;

import java.util.Collection;
import java.util.Optional;
import java.util.UUID;
import java.util.function.ToIntFunction;
import vfio.core.Errno;
import vfio.core.SharedMemory;
import vfio.core.VfioException;
import vfio.core.device.DeviceHandle;
import vfio.core.device.VfioDevice;
import vfio.core.device.VfioUser;
import vfio.iommu.DirectHandle;
import vfio.iommu.GroupMember;
import vfio.iommu.Iommu;
import vfio.pci.core.id.HotResetInfo;
import vfio.pci.core.internal.bind.HotReset;
import vfio.pci.core.internal.slot.FunctionSlot.Bound;
import vfio.pci.core.internal.slot.FunctionSlot;
import vfio.pci.core.internal.slot.Functions;
import vfio.pci.core.internal.slot.IommuMembers;
import vfio.pci.core.internal.sriov.OpenName;
import vfio.pci.core.internal.sriov.VfToken;
import vfio.pci.core.user.FunctionHandle;

/** The opener of functions for users, which also resets several open functions at once (hot reset). */
public final class DeviceOpener implements IommuMembers.Opener {
    private final Functions functions;
    private final HotReset hotReset;
    private final Iommu iommu;
    private final UsedGroups usedGroups = new UsedGroups();

    public DeviceOpener(Functions functions, HotReset hotReset, Iommu iommu) {
        this.functions = functions;
        this.hotReset = hotReset;
        this.iommu = iommu;
    }

    public HotReset hotReset() {
        return hotReset;
    }

    @Override
    public DeviceHandle open(String text, VfioUser user) {
        OpenName name = OpenName.parse(text);
        return device(name).open(user, name.token());
    }

    @Override
    public DeviceHandle openDirect(String text, VfioUser user) {
        OpenName name = OpenName.parse(text);
        return device(name).openDirect(user, name.token());
    }

    /** Opens a function with an address space for its DMA: the one of the other side, or a container of the core's own. */
    public FunctionHandle use(String text, VfioUser user, SharedMemory.Source memory) {
        FunctionSlot slot = functions.named(OpenName.parse(text).function());
        IommuMembers.Member member = slot.member();
        if (member == null) {
            return new FunctionHandle(open(text, user), () -> live(slot).backend().dma(), memory, () -> { });
        }
        UsedGroups.Used used = usedGroups.take(member.group(), user, iommu);
        try {
            DeviceHandle handle = used.group().getDevice(text.trim().replaceFirst("[^ ]+", slot.address()));
            return new FunctionHandle(handle, () -> new ContainerSpace(used.container()), memory, used::letGo);
        } catch (RuntimeException e) {
            used.letGo();
            throw e;
        }
    }

    private static Bound live(FunctionSlot slot) {
        Bound bound = slot.bound();
        if (bound == null) {
            throw new VfioException(Errno.ENODEV, "map memory for " + slot.name() + ": its driver is unbound");
        }
        return bound;
    }

    private VfioDevice device(OpenName name) {
        FunctionSlot slot = functions.named(name.function());
        VfioDevice device = slot.live("open");
        checkToken(slot, name.token());
        return device;
    }

    private void checkToken(FunctionSlot slot, Optional<UUID> given) {
        if (slot.raw().isEmpty()) {
            return; // the other side checks the token when the function is opened
        }
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

    public HotResetInfo hotResetInfo(DeviceHandle handle) {
        FunctionSlot slot = slot(handle);
        return slot.live("get hot reset info of").direct() ? hotReset.info(slot, ids(handle, slot)) : hotReset.info(slot);
    }

    public void hotReset(DeviceHandle handle, Collection<? extends AutoCloseable> owned) {
        FunctionSlot slot = slot(handle);
        VfioDevice device = slot.live("hot reset of");
        String act = "hot reset of " + slot.name() + ": ";
        if (device.direct() != owned.isEmpty()) {
            throw new VfioException(Errno.EINVAL, act + (owned.isEmpty() ? "say which handles are yours, one of each group"
                    : "it was opened directly, so what is yours is known; name no handles"));
        }
        int affected = hotReset.affected(slot);
        if (owned.size() > affected) {
            throw new VfioException(Errno.EINVAL, act + owned.size() + " handles are given, and " + affected
                    + " functions would be reset");
        }
        ToIntFunction<FunctionSlot> ids = ids(handle, slot);
        hotReset.reset(slot, handle.waits(), owned.isEmpty() ? one -> ids.applyAsInt(one) != HotResetInfo.NOT_OWNED
                : new Ownership(act, owned, this::slot));
    }

    /** Returns the device ids that the user of a handle sees; the handle was opened directly. */
    private ToIntFunction<FunctionSlot> ids(DeviceHandle handle, FunctionSlot slot) {
        if (handle instanceof DirectHandle direct) {
            return other -> other.member() == null ? HotResetInfo.NOT_OWNED : id(direct, other.member());
        }
        VfioUser user = slot.live("hot reset of").directUser();
        return other -> ofUser(user, other) ? HotResetInfo.OWNED : HotResetInfo.NOT_OWNED;
    }

    /**
     * Returns a device's id in the iommufd of a handle, or how that stands to the device
     * (vfio_iommufd_device_hot_reset_devid).
     */
    private static int id(DirectHandle direct, IommuMembers.Member device) {
        return direct.deviceId(device.group(), device.name())
                .orElseGet(() -> direct.owns(device.group()) ? HotResetInfo.OWNED : HotResetInfo.NOT_OWNED);
    }

    /**
     * Tells whether a user has a function open directly, or another one of its group; the test of ownership without an
     * iommufd.
     */
    private boolean ofUser(VfioUser user, FunctionSlot slot) {
        return user != null && functions.inGroupOf(slot).stream().map(FunctionSlot::bound)
                .anyMatch(bound -> bound != null && bound.vfio() != null && bound.vfio().directUser() == user);
    }

    private FunctionSlot slot(DeviceHandle handle) {
        if (!handle.isOpen()) {
            handle.info(); // throws with the reason, as for a handle that was never bound to an iommufd
            throw new VfioException(Errno.ENODEV, "hot reset of " + handle.deviceName() + ": the handle is closed");
        }
        Optional<GroupMember> member = GroupMember.of(handle);
        if (member.isPresent() && member.get() instanceof IommuMembers.Member function) {
            return function.slot();
        }
        try {
            return functions.named(member.isPresent() ? "" : handle.deviceName());
        } catch (VfioException e) {
            throw new VfioException(Errno.EINVAL,
                    "hot reset of " + handle.deviceName() + ": it is no function of a PCI bus");
        }
    }
}
