// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.function;

import java.util.List;
import vfio.core.SharedMemory;
import vfio.core.device.MemoryRegion;
import vfio.core.device.RegionOperations;
import vfio.core.info.InfoCapability;
import vfio.core.info.RegionInfo;
import vfio.pci.core.bus.PciFunction.Bar;

/**
 * The region of a BAR whose registers a model or a port answers for. Users do not reach the MSI-X table in it: the bus side
 * has the real table, reads of the table give all ones, and writes are dropped.
 */
final class BarRegion implements RegionOperations {
    private final RegionOperations registers;
    private final Bar bar;
    private final List<InfoCapability> capabilities;
    private final MsixTable table;
    private final SharedMemory memory;

    private BarRegion(RegionOperations registers, Bar bar, SharedMemory memory, List<InfoCapability> capabilities,
            MsixTable table) {
        this.registers = registers;
        this.memory = memory;
        this.bar = bar;
        this.capabilities = capabilities;
        this.table = table;
    }

    /** Returns the region of a BAR for users; a BAR of memory that can be mapped needs no code between. */
    static RegionOperations of(RegionOperations registers, Bar bar, MsixTable msix, boolean mappable) {
        MsixTable table = msix.bar() == bar.index() ? msix : MsixTable.NONE;
        SharedMemory memory = mappable ? registers.memory() : null;
        List<InfoCapability> capabilities = memory == null || table == MsixTable.NONE ? List.of()
                : List.of(new InfoCapability(RegionInfo.CAP_MSIX_MAPPABLE, 1));
        return registers instanceof MemoryRegion && memory != null
                ? new MemoryRegion(memory, capabilities, table.start(), table.end())
                : new BarRegion(registers, bar, memory, capabilities, table);
    }

    @Override
    public long size() {
        return bar.size();
    }

    @Override
    public List<InfoCapability> capabilities() {
        return capabilities;
    }

    /** Returns the widest access in bytes: ports have no 64-bit access. */
    @Override
    public int widest() {
        return bar.io() ? Integer.BYTES : registers.widest();
    }

    @Override
    public long read(long position, int width) {
        return table.covers(position, width) ? -1 : registers.read(position, width);
    }

    @Override
    public void write(long position, int width, long value) {
        if (!table.covers(position, width)) {
            registers.write(position, width, value);
        }
    }

    @Override
    public SharedMemory memory() {
        return memory;
    }
}
