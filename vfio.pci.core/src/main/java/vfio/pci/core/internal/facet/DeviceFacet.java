// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.facet;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.device.DeviceHandle;
import vfio.core.device.DriverState;
import vfio.core.device.Region;
import vfio.core.device.VfioUser;
import vfio.core.info.DeviceInfo;
import vfio.core.info.InfoCapability;
import vfio.core.info.IrqInfo;
import vfio.core.info.RegionInfo;
import vfio.pci.core.admin.DeviceAdmin;
import vfio.pci.core.bus.PciFunction.ConfigSpace;
import vfio.pci.core.id.HotResetInfo.Dependent;
import vfio.pci.core.id.RegionIndex;
import vfio.pci.core.id.ResetMethod;
import vfio.pci.core.internal.PciCore;
import vfio.pci.core.internal.open.ResetSelection;
import vfio.pci.core.internal.slot.FunctionSlot;
import vfio.pci.core.internal.slot.FunctionSlot.Bound;
import vfio.pci.core.internal.sriov.OpenName;
import vfio.pci.core.user.VfioPciDevices;

/** The facet of functions as VFIO devices, for an operator, who is a user like others. */
@Component
public final class DeviceFacet implements DeviceAdmin {
    private static final VfioUser OPERATOR = VfioUser.named("operator");
    private static final String[] IRQS = {"INTx", "MSI", "MSI-X", "error", "request"};

    private final PciCore core;
    private final VfioPciDevices devices;
    private final ResetSelection selection;

    @Activate
    public DeviceFacet(@Reference PciCore core, @Reference VfioPciDevices devices) {
        this.core = core;
        this.devices = devices;
        selection = new ResetSelection(core.functions(), core.events());
    }

    private FunctionSlot slot(String name) {
        return core.functions().named(OpenName.parse(name).function());
    }

    @Override
    public List<RegionRow> regions(String name) {
        try (DeviceHandle handle = devices.open(name, OPERATOR)) {
            List<RegionRow> rows = new ArrayList<>();
            for (int index = 0; index < handle.info().regions(); index++) {
                try {
                    rows.add(row(handle.regionInfo(index)));
                } catch (VfioException e) {
                    if (e.errno() != Errno.EINVAL) {
                        throw e;
                    } // no such region, as VGA of a function that is no VGA card
                }
            }
            return rows;
        }
    }

    private static RegionRow row(RegionInfo info) {
        List<String> flags = new ArrayList<>();
        String access = ((info.flags() & RegionInfo.READ) != 0 ? "r" : "")
                + ((info.flags() & RegionInfo.WRITE) != 0 ? "w" : "");
        if (!access.isEmpty()) {
            flags.add(access);
        }
        if ((info.flags() & RegionInfo.MMAP) != 0) {
            flags.add("mmap");
        }
        return new RegionRow(info.index(), what(info), info.size(), String.join(" ", flags), info.offset(),
                info.capabilities().stream().map(InfoCapability::id).toList(),
                info.capabilities().stream().map(capability -> name(capability.id())).toList());
    }

    private static String name(int capability) {
        return switch (capability) {
            case RegionInfo.CAP_SPARSE_MMAP -> "sparse-mmap";
            case RegionInfo.CAP_TYPE -> "type";
            case RegionInfo.CAP_MSIX_MAPPABLE -> "msix-mappable";
            case RegionInfo.CAP_NVLINK2_SSATGT -> "nvlink2-ssatgt";
            case RegionInfo.CAP_NVLINK2_LNKSPD -> "nvlink2-lnkspd";
            default -> "id " + capability;
        };
    }

    private static String what(RegionInfo info) {
        return switch (info.index()) {
            case RegionIndex.BAR0, RegionIndex.BAR1, RegionIndex.BAR2, RegionIndex.BAR3, RegionIndex.BAR4, RegionIndex.BAR5
                    -> "BAR " + info.index();
            case RegionIndex.ROM -> "ROM";
            case RegionIndex.CONFIG -> "configuration";
            case RegionIndex.VGA -> "VGA";
            default -> info.capabilities().stream().filter(c -> c.id() == RegionInfo.CAP_TYPE).findFirst()
                    .map(c -> "type %08x subtype %x".formatted(c.payload().getInt(0), c.payload().getInt(4)))
                    .orElse("vendor's");
        };
    }

    @Override
    public List<IrqRow> irqs(String name) {
        try (DeviceHandle handle = devices.open(name, OPERATOR)) {
            List<IrqRow> rows = new ArrayList<>();
            for (int index = 0; index < handle.info().irqs(); index++) {
                rows.add(irq(handle, index));
            }
            return rows;
        }
    }

    private static IrqRow irq(DeviceHandle handle, int index) {
        String what = index < IRQS.length ? IRQS[index] : "vendor's";
        try {
            IrqInfo info = handle.irqInfo(index);
            List<String> flags = new ArrayList<>();
            String[] words = {"eventfd", "maskable", "automasked", "noresize"};
            for (int bit = 0; bit < words.length; bit++) {
                if ((info.flags() >>> bit & 1) != 0) {
                    flags.add(words[bit]);
                }
            }
            return new IrqRow(index, what, info.count(), String.join(" ", flags));
        } catch (VfioException e) {
            if (e.errno() != Errno.EINVAL) {
                throw e;
            }
            return new IrqRow(index, what, 0, ""); // such as error interrupts of a function without PCI Express
        }
    }

    @Override
    public byte[] config(String name, boolean user) {
        if (user) {
            try (DeviceHandle handle = devices.open(name, OPERATOR)) {
                Region config = handle.region(RegionIndex.CONFIG);
                ByteBuffer bytes = ByteBuffer.allocate((int) config.info().size());
                config.read(0, bytes);
                return bytes.array();
            }
        }
        ConfigSpace config = slot(name).function().config();
        byte[] bytes = new byte[config.size()];
        for (int at = 0; at < bytes.length; at++) {
            bytes[at] = (byte) config.read(at, 1);
        }
        return bytes;
    }

    @Override
    public byte[] read(String name, int region, long offset, int count) {
        if (count < 1 || count > MOST) {
            throw new VfioException(Errno.EINVAL, "read " + count + " bytes of " + name + ": 1 to " + MOST + " at a time");
        }
        try (DeviceHandle handle = devices.open(name, OPERATOR)) {
            ByteBuffer bytes = ByteBuffer.allocate(count);
            handle.region(region).read(offset, bytes);
            byte[] read = new byte[bytes.flip().remaining()];
            bytes.get(read);
            return read;
        }
    }

    @Override
    public boolean write(String name, int region, long offset, int width, long value, boolean force) {
        FunctionSlot slot = slot(name);
        requireNoUser("write " + name, slot, force);
        boolean resets;
        try (DeviceHandle handle = devices.open(name, OPERATOR)) {
            resets = (handle.info().flags() & DeviceInfo.RESET) != 0;
            Region at = handle.region(region);
            switch (width) {
                case 1 -> at.write8(offset, (byte) value);
                case 2 -> at.write16(offset, (short) value);
                case 4 -> at.write32(offset, (int) value);
                case 8 -> at.write64(offset, value);
                default -> throw new VfioException(Errno.EINVAL,
                        "write " + width + " bytes of " + name + ": a register has 1, 2, 4 or 8");
            }
        }
        Bound bound = slot.bound();
        return resets && bound != null && !bound.inUse();
    }

    private static void requireNoUser(String act, FunctionSlot slot, boolean force) {
        Bound bound = slot.bound();
        if (!force && bound != null && bound.inUse()) {
            throw new VfioException(Errno.EBUSY, act + ": " + slot.name() + " is open by "
                    + String.join(", ", bound.vfio().users()) + "; --force does it all the same");
        }
    }

    @Override
    public void reset(String name, boolean force) {
        requireNoUser("reset " + name, slot(name), force);
        try (DeviceHandle handle = devices.open(name, OPERATOR)) {
            handle.reset();
        }
        core.events().record("reset", slot(name).name(), "by the operator");
    }

    @Override
    public ResetRow resetMethods(String name) {
        FunctionSlot slot = slot(name);
        return new ResetRow(slot.name(), selection.methods(slot).stream().map(ResetMethod::toString).toList());
    }

    @Override
    public ResetRow resetMethods(String name, List<String> methods) {
        selection.choose(slot(name), methods);
        return resetMethods(name);
    }

    @Override
    public List<DependentRow> hotResetInfo(String name) {
        FunctionSlot slot = slot(name);
        List<DeviceHandle> held = new ArrayList<>();
        try {
            holdOnHost(slot, name, held);
            return core.openings().hotReset().info(slot).dependents().stream().map(DeviceFacet::row).toList();
        } finally {
            held.forEach(DeviceHandle::close);
        }
    }

    private static DependentRow row(Dependent dependent) {
        return new DependentRow(dependent.address().toString(), dependent.id(), dependent.driver(), dependent.users());
    }

    @Override
    public void hotReset(String name, boolean force) {
        FunctionSlot slot = slot(name);
        List<DeviceHandle> held = new ArrayList<>();
        try {
            requireNoUser("hot reset of " + name, slot, force);
            holdOnHost(slot, name, held);
            for (FunctionSlot other : core.openings().hotReset().reached(slot)) {
                if (other != slot) {
                    requireNoUser("hot reset of " + name, other, force);
                    holdOnHost(other, other.name(), held);
                }
            }
            core.openings().hotReset().reset(slot, true, any -> true);
        } finally {
            held.forEach(DeviceHandle::close);
        }
        core.events().record("reset", slot.name(), "its bus, by the operator");
    }

    /**
     * Opens a function of a host's bus for the time of a hot reset: the host counts every function that is open here as the
     * asker's.
     */
    private void holdOnHost(FunctionSlot slot, String name, List<DeviceHandle> held) {
        if (slot.bound() != null && slot.bound().host().isPresent()) {
            held.add(devices.open(name, OPERATOR));
        }
    }

    @Override
    public int virtualFunctions(String name, int count) {
        FunctionSlot slot = slot(name);
        int there = core.virtualFunctions().configure(slot, count, going -> core.departures().detachAll(going, core.drain()));
        core.matching().request(slot); // a policy may have waited for the last VF to go
        return there;
    }

    @Override
    public StateRow state(String name) {
        FunctionSlot slot = slot(name);
        slot.live("get the driver's state of");
        Bound bound = slot.bound();
        DriverState state = bound.assembly().state().orElse(DriverState.none());
        List<StateValue> values = new ArrayList<>();
        state.values().forEach((key, value) -> values.add(row(key, value)));
        return new StateRow(slot.name(), bound.driver().name(), state.version(), state.isLasting(), values);
    }

    private static StateValue row(String name, Object value) {
        if (value instanceof byte[] bytes) {
            return new StateValue(name, "bytes", bytes.length,
                    HexFormat.of().formatHex(bytes, 0, Math.min(bytes.length, StateValue.SHOWN)));
        }
        return value instanceof String text
                ? new StateValue(name, "text", text.getBytes(StandardCharsets.UTF_8).length, text)
                : new StateValue(name, "number", Long.BYTES, value.toString());
    }
}
