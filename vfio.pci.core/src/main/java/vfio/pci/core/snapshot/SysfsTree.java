// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.snapshot;

import static vfio.pci.core.id.PciRegisters.BASE_ADDRESS_0;
import static vfio.pci.core.id.PciRegisters.HEADER_TYPE;
import static vfio.pci.core.id.PciRegisters.HEADER_TYPE_BRIDGE;
import static vfio.pci.core.id.PciRegisters.HEADER_TYPE_MASK;
import static vfio.pci.core.id.PciRegisters.HEADER_TYPE_NORMAL;
import static vfio.pci.core.id.PciRegisters.INTERRUPT_LINE;
import static vfio.pci.core.id.PciRegisters.INTERRUPT_PIN;
import static vfio.pci.core.id.PciRegisters.ROM_ADDRESS1;
import static vfio.pci.core.id.PciRegisters.ROM_ADDRESS;
import static vfio.pci.core.id.PciRegisters.ROM_ADDRESS_ENABLE;
import static vfio.pci.core.id.PciRegisters.ROM_ADDRESS_MASK;
import static vfio.pci.core.id.PciRegisters.STD_NUM_BARS;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import vfio.pci.core.id.ResourceFlags;
import vfio.pci.core.snapshot.FunctionSnapshot.BarSnapshot;

/** A tree of plain files with functions as the kernel's sysfs has them. Without state. */
final class SysfsTree {
    private SysfsTree() {
    }

    /** Writes the tree, as {@link FunctionSnapshot#writeTree} says. */
    static int write(Iterable<FunctionSnapshot> functions, Path root) throws IOException {
        if (Files.exists(root)) {
            try (Stream<Path> content = Files.list(root)) {
                if (content.findAny().isPresent()) {
                    throw new FileAlreadyExistsException(root.toString(), null, "it is not empty");
                }
            }
        } else {
            Files.createDirectory(root);
        }
        Path devices = Files.createDirectories(root.resolve("bus/pci/devices"));
        int count = 0;
        for (FunctionSnapshot function : functions) {
            write(function, Files.createDirectory(devices.resolve(function.address().toString())), root);
            count++;
        }
        return count;
    }

    private static void write(FunctionSnapshot function, Path directory, Path root) throws IOException {
        Files.write(directory.resolve("config"), function.config());
        text(directory, "vendor", "0x%04x".formatted(function.key().vendor()));
        text(directory, "device", "0x%04x".formatted(function.key().device()));
        text(directory, "subsystem_vendor", "0x%04x".formatted(function.key().subvendor()));
        text(directory, "subsystem_device", "0x%04x".formatted(function.key().subdevice()));
        text(directory, "class", "0x%06x".formatted(function.key().classCode()));
        text(directory, "revision", "0x%02x".formatted(function.revision()));
        text(directory, "modalias", function.key().toString());
        boolean pin = function.register(INTERRUPT_PIN, 1) != 0;
        text(directory, "irq", Long.toString(pin ? function.register(INTERRUPT_LINE, 1) : 0));
        text(directory, "numa_node", Integer.toString(function.numaNode() == null ? -1 : function.numaNode()));
        text(directory, "resource", resources(function));
        if (function.iommuGroup() != null) {
            Path group = Path.of("kernel/iommu_groups", function.iommuGroup().toString());
            Files.createDirectories(root.resolve(group));
            Files.createSymbolicLink(directory.resolve("iommu_group"), Path.of("../../../..").resolve(group));
        }
    }

    private static void text(Path directory, String file, String line) throws IOException {
        Files.writeString(directory.resolve(file), line + "\n");
    }

    /** Prints six BARs and the expansion ROM: first byte, last byte, flags. */
    private static String resources(FunctionSnapshot function) {
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < STD_NUM_BARS; i++) {
            int index = i;
            lines.append(function.bars().stream().filter(bar -> bar.index() == index).findFirst()
                    .map(bar -> resource(function, bar)).orElse(line(0, 0, 0))).append('\n');
        }
        return lines.append(rom(function)).toString();
    }

    /** Prints a BAR; without an address it has the size alone, as in a kernel that could not assign one. */
    private static String resource(FunctionSnapshot function, BarSnapshot bar) {
        long value = function.register(BASE_ADDRESS_0 + 4 * bar.index(), bar.wide() ? 8 : 4);
        long address = value & (bar.io() ? ~3L : ~0xfL);
        long flags = (bar.io() ? ResourceFlags.IO : ResourceFlags.MEM) | ResourceFlags.SIZEALIGN
                | value & 0xf & (bar.io() ? 3 : 0xf) | (bar.wide() ? ResourceFlags.MEM_64 : 0)
                | (bar.prefetchable() ? ResourceFlags.PREFETCH : 0);
        return line(address, address + bar.size() - 1, flags);
    }

    /** Prints the ROM's address, which config space has; its size is not known. */
    private static String rom(FunctionSnapshot function) {
        int type = (int) function.register(HEADER_TYPE, 1) & HEADER_TYPE_MASK;
        long value = type > HEADER_TYPE_BRIDGE ? 0
                : function.register(type == HEADER_TYPE_NORMAL ? ROM_ADDRESS : ROM_ADDRESS1, 4);
        long address = value & ROM_ADDRESS_MASK;
        long flags = ResourceFlags.MEM | ResourceFlags.READONLY | value & ROM_ADDRESS_ENABLE;
        return value == 0 ? line(0, 0, 0) : line(address, address, flags);
    }

    private static String line(long first, long last, long flags) {
        return "0x%016x 0x%016x 0x%016x".formatted(first, last, flags);
    }
}
