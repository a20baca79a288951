// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.snapshot;

import java.io.IOException;
import java.io.Serializable;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.OptionalInt;
import vfio.core.VfioException;
import vfio.pci.core.bus.PciFunction;
import vfio.pci.core.id.DeviceKey;
import vfio.pci.core.id.PciAddress;
import vfio.pci.core.id.PciClass;

/**
 * The state of a function at one moment: what its bus says of it, and its raw config space.
 *
 * @param revision 0 to 255
 * @param bars the implemented ones, lowest index first
 * @param numaNode null where unknown
 * @param iommuGroup null without an IOMMU
 * @param config 256 or 4096 bytes
 */
public record FunctionSnapshot(PciAddress address, DeviceKey key, int revision, List<BarSnapshot> bars, Integer numaNode,
        Integer iommuGroup, byte[] config) implements Serializable {
    private static final HexFormat BYTES = HexFormat.ofDelimiter(" ");
    private static final int ROW = 16;

    /** A base address register: its index, 0 to 5, and its size in bytes. */
    public record BarSnapshot(int index, long size, boolean io, boolean wide, boolean prefetchable)
            implements Serializable {
    }

    public FunctionSnapshot {
        bars = List.copyOf(bars);
        config = config.clone();
    }

    /**
     * Reads all of a function now. Reading changes nothing.
     *
     * @throws VfioException with the bus's errno where the config space cannot be read
     */
    public static FunctionSnapshot of(PciFunction function) {
        PciFunction.ConfigSpace space = function.config();
        byte[] config = new byte[space.size()];
        for (int offset = 0; offset < config.length; offset += Integer.BYTES) {
            int value = space.read(offset, Integer.BYTES);
            for (int i = 0; i < Integer.BYTES; i++) {
                config[offset + i] = (byte) (value >> 8 * i);
            }
        }
        List<BarSnapshot> bars = function.bars().stream()
                .map(b -> new BarSnapshot(b.index(), b.size(), b.io(), b.wide(), b.prefetchable())).toList();
        return new FunctionSnapshot(function.address(), function.key(), function.revision(), bars,
                boxed(function.numaNode()), boxed(function.iommuGroup()), config);
    }

    /** Boxes an answer that the bus was asked for once: the second answer of a function that is leaving may differ. */
    private static Integer boxed(OptionalInt value) {
        return value.isPresent() ? value.getAsInt() : null;
    }

    /**
     * Writes functions as a tree of plain files, as the kernel's sysfs has them: {@code lspci -O sysfs.path=DIR/bus/pci} and
     * the Linux bus read it.
     *
     * @param root an empty directory, or one that does not exist and whose parent does
     * @return the number of functions in the tree
     * @throws FileAlreadyExistsException where the directory is not empty
     */
    public static int writeTree(Iterable<FunctionSnapshot> functions, Path root) throws IOException {
        return SysfsTree.write(functions, root);
    }

    /**
     * Prints the function as {@code lspci -xxxx} does, for {@code lspci -F FILE} and for a topology to read. lspci reads
     * domains of up to five hex digits.
     */
    public String dump() {
        StringBuilder out = new StringBuilder("%s Class %04x: %04x:%04x (rev %02x)\n".formatted(address,
                PciClass.of(key.classCode()), key.vendor(), key.device(), revision));
        for (int offset = 0; offset < config.length; offset += ROW) {
            out.append("%02x: ".formatted(offset)).append(BYTES.formatHex(config, offset, offset + ROW)).append('\n');
        }
        return out.append('\n').toString();
    }

    /** Returns a copy of configuration space. */
    @Override
    public byte[] config() {
        return config.clone();
    }

    /** Reads the little-endian register of 1 to 8 bytes at an offset. */
    long register(int offset, int width) {
        long value = 0;
        for (int i = width - 1; i >= 0; i--) {
            value = value << 8 | config[offset + i] & 0xff;
        }
        return value;
    }
}
