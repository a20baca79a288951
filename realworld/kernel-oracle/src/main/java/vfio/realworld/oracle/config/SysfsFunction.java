// SPDX-License-Identifier: Apache-2.0
package vfio.realworld.oracle.config;

import static vfio.pci.core.id.PciRegisters.BRIDGE_CONTROL;
import static vfio.pci.core.id.PciRegisters.BRIDGE_CTL_BUS_RESET;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import vfio.core.Errno;
import vfio.core.SharedMemory;
import vfio.core.VfioException;
import vfio.core.device.RegionOperations;
import vfio.pci.core.bus.InterruptLines;
import vfio.pci.core.bus.PciFunction;
import vfio.pci.core.bus.RawHardware;
import vfio.pci.core.id.DeviceKey;
import vfio.pci.core.id.PciAddress;
import vfio.pci.core.id.RegionIndex;
import vfio.pci.core.id.ResourceFlags;

/**
 * A function of the guest without a driver, as raw hardware for our own virtualization: its real configuration space, and
 * BARs of which only the size is known. It lives until its close.
 */
final class SysfsFunction implements PciFunction, RawHardware, AutoCloseable {

    private final PciAddress address;
    private final Path folder;
    private final DeviceKey key;
    private final SysfsConfigFile config;
    private final SysfsLines lines;
    private final List<Bar> bars = new ArrayList<>();
    private long romSize;

    SysfsFunction(String name) throws IOException {
        address = PciAddress.parse(name);
        folder = Path.of("/sys/bus/pci/devices", name);
        key = DeviceKey.parse(Files.readString(folder.resolve("modalias")).trim());
        config = new SysfsConfigFile(name);
        lines = new SysfsLines(config);
        List<String> resources = Files.readAllLines(folder.resolve("resource"));
        for (int i = 0; i <= RegionIndex.ROM; i++) {
            String[] words = resources.get(i).split(" ");
            long size = Long.decode(words[1]) - Long.decode(words[0]) + 1;
            long flags = Long.decode(words[2]);
            if (flags == 0) {
                continue;
            }
            if (i == RegionIndex.ROM) {
                romSize = size;
            } else {
                boolean io = (flags & ResourceFlags.IO) != 0;
                boolean wide = !io && (flags & ResourceFlags.MEM_64) != 0;
                bars.add(new Bar(i, size, io, wide, !io && (flags & ResourceFlags.PREFETCH) != 0));
            }
        }
    }

    /** Memory of which nothing is looked at but the size. */
    private record Unreached(long size) implements RegionOperations, SharedMemory {
        @Override
        public long read(long position, int width) {
            throw new VfioException(Errno.EIO, "read a BAR: sysfs gives configuration space alone");
        }

        @Override
        public void write(long position, int width, long value) {
            throw new VfioException(Errno.EIO, "write a BAR: sysfs gives configuration space alone");
        }

        @Override
        public SharedMemory memory() {
            return this;
        }

        @Override
        public ByteBuffer window(int index) {
            return ByteBuffer.allocateDirect(0);
        }

        @Override
        public void close() {
        }
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
        return config.read(8, 1);
    }

    @Override
    public int headerType() {
        return 0;
    }

    @Override
    public SysfsConfigFile config() {
        return config;
    }

    @Override
    public List<Bar> bars() {
        return bars;
    }

    @Override
    public OptionalInt iommuGroup() {
        return OptionalInt.empty();
    }

    @Override
    public Optional<PciAddress> physicalFunction() {
        Path link = folder.resolve("physfn");
        try {
            return !Files.isSymbolicLink(link) ? Optional.empty()
                    : Optional.of(PciAddress.parse(Files.readSymbolicLink(link).getFileName().toString()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public List<PciAddress> virtualFunctions() {
        return List.of();
    }

    @Override
    public RawHardware side() {
        return this;
    }

    @Override
    public RegionOperations bar(int bar) {
        return new Unreached(bars.stream().filter(b -> b.index() == bar).findFirst().orElseThrow().size());
    }

    @Override
    public RegionOperations rom() {
        return romSize == 0 ? null : new Unreached(romSize);
    }

    @Override
    public long romSize() {
        return romSize;
    }

    @Override
    public RegionOperations vga() {
        return null;
    }

    @Override
    public InterruptLines interrupts() {
        return lines;
    }

    @Override
    public Quirks quirks() {
        return Quirks.NONE;
    }

    @Override
    public void resetDevice() {
        throw new VfioException(Errno.ENOTTY, "reset " + address + ": it has no method of its own");
    }

    /** By the port above, as pci_reset_secondary_bus of drivers/pci/pci.c; QEMU's functions are there again at once. */
    @Override
    public void resetBus() {
        if (!busResettable()) {
            throw new VfioException(Errno.ENOTTY, "reset the bus of " + address + ": it is a root bus");
        }
        try (SysfsConfigFile port = new SysfsConfigFile(above())) {
            int control = port.read(BRIDGE_CONTROL, 2);
            port.write(BRIDGE_CONTROL, 2, control | BRIDGE_CTL_BUS_RESET);
            port.write(BRIDGE_CONTROL, 2, control);
        }
    }

    private String above() {
        try {
            return folder.toRealPath().getParent().getFileName().toString();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public boolean busResettable() {
        return address.bus() != 0 && physicalFunction().isEmpty();
    }

    @Override
    public Listener listener(Listener listener) {
        return null;
    }

    @Override
    public void close() {
        config.close();
    }
}
