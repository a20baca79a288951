// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

import java.util.List;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.pci.core.admin.DeviceAdmin;
import vfio.pci.core.id.RegionIndex;

/** One function as a device: two BARs, an MSI capability and a neighbour that somebody has open. */
final class FakeDevices implements DeviceAdmin {
    private static final String BUSY = "0000:01:00.0";

    @Override
    public List<RegionRow> regions(String name) {
        return List.of(new RegionRow(0, "BAR 0", 1 << 20, "rw mmap", 0, List.of(), List.of()),
                new RegionRow(1, "BAR 1", 0, "", 1L << 40, List.of(), List.of()),
                new RegionRow(2, "BAR 2", 4096, "rw mmap", 2L << 40, List.of(3), List.of("msix-mappable")),
                new RegionRow(9, "type 80008086 subtype 1", 8192, "r", 9L << 40, List.of(2), List.of("type")));
    }

    @Override
    public List<IrqRow> irqs(String name) {
        return List.of(new IrqRow(0, "INTx", 1, "eventfd maskable automasked"), new IrqRow(2, "MSI-X", 64, "eventfd"));
    }

    @Override
    public byte[] config(String name, boolean user) {
        byte[] bytes = new byte[256];
        int[] header = {0xb3, 0x15, 0x1e, 0x10, 6, 0, 0x10, 0, 1, 0, 0, 2};
        for (int i = 0; i < header.length; i++) {
            bytes[i] = (byte) header[i];
        }
        bytes[0x34] = 0x40;
        bytes[0x40] = 5;
        bytes[0x42] = (byte) (user ? 0x84 : 0x8a);
        return bytes;
    }

    @Override
    public byte[] read(String name, int region, long offset, int count) {
        byte[] bytes = new byte[count];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (offset + i + 1);
        }
        return bytes;
    }

    @Override
    public boolean write(String name, int region, long offset, int width, long value, boolean force) {
        refuse(name, force);
        return region == RegionIndex.CONFIG; // as if the others had no reset
    }

    private static void refuse(String name, boolean force) {
        if (name.equals(BUSY) && !force) {
            throw new VfioException(Errno.EBUSY, "write " + name + ": it is open by qemu 4711; --force does it all the same");
        }
    }

    @Override
    public void reset(String name, boolean force) {
        refuse(name, force);
    }

    @Override
    public ResetRow resetMethods(String name) {
        return new ResetRow("emulated/" + name, List.of("flr", "pm", "bus"));
    }

    @Override
    public ResetRow resetMethods(String name, List<String> methods) {
        if (methods.contains("acpi")) {
            throw new VfioException(Errno.EINVAL, "set the reset methods of " + name + ": it has no method acpi");
        }
        return new ResetRow("emulated/" + name, methods);
    }

    @Override
    public List<DependentRow> hotResetInfo(String name) {
        return List.of(new DependentRow(BUSY, 7, "vfio-pci", List.of("qemu 4711")),
                new DependentRow("0000:01:00.1", 7, null, List.of()));
    }

    @Override
    public void hotReset(String name, boolean force) {
        refuse(BUSY, force);
    }

    @Override
    public int virtualFunctions(String name, int count) {
        return count;
    }

    @Override
    public StateRow state(String name) {
        if (name.endsWith(".2")) {
            return new StateRow("emulated/" + name, "vfio-pci", 0, false, List.of());
        }
        return new StateRow("emulated/" + name, "acme_vfio_pci", 2, true, List.of(
                new StateValue("writes", "number", 8, "111"),
                new StateValue("mode", "text", 4, "fast"), new StateValue("ring", "bytes", 3, "0a0b0c")));
    }
}
