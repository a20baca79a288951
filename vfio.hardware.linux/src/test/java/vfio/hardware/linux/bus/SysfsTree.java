// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.bus;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import vfio.pci.core.id.DeviceKey;

/**
 * A sysfs tree of plain files and links for tests, laid out as the kernel does:
 *
 * <pre>
 * new SysfsTree(root).function("0000:01:00.0").ids(0x15b3, 0x101d, 0x15b3, 0x0004).classCode(0x020000)
 *         .driver("mlx5_core").group(12);
 * </pre>
 */
public final class SysfsTree {
    private final Path root;
    private int sequence = 100;

    public SysfsTree(Path root) {
        this.root = root;
        directory("bus/pci/devices");
        directory("bus/pci/drivers");
        directory("module");
        event();
    }

    public Path root() {
        return root;
    }

    public Path directory(String name) {
        try {
            return Files.createDirectories(root.resolve(name));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What the kernel does at each plug and unplug. */
    public void event() {
        Path next = directory("kernel").resolve("next");
        write(next, sequence++ + "\n");
        try { // in one step: the kernel's number is never seen half written
            Files.move(next, next.resolveSibling("uevent_seqnum"), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A function that has been here for long: an unbound network card; change what differs. */
    public Function function(String address) {
        return prepare(address).present();
    }

    /** The function whose directory it is. */
    public Function function(Path device) {
        return new Function(device);
    }

    /** As since 6.1, where each function that VFIO has says so. */
    public void tellsWhatVfioHas() {
        directory("class/vfio-dev");
    }

    /** The directory of a function to come, with every file that the kernel makes. */
    public Function prepare(String address) {
        Path device = directory("devices/pci" + address.substring(0, address.lastIndexOf(':')) + "/" + address);
        return new Function(device).ids(0x8086, 0x10d3, 0x8086, 0xa01f).classCode(0x020000).file("revision", "0x02\n")
                .file("driver_override", "(null)\n").file("numa_node", "-1\n").resources().config(256, 0);
    }

    /** A loaded or built-in module with a PCI driver; the names are two. */
    public void driver(String module, String driver) {
        Path directory = directory("bus/pci/drivers/" + driver);
        link(directory.resolve("module"), directory("module/" + module));
        link(directory("module/" + module + "/drivers").resolve("pci:" + driver), directory);
    }

    /** What a function that does not answer has for configuration space. */
    public static byte[] ones(int size) {
        byte[] ones = new byte[size];
        Arrays.fill(ones, (byte) 0xff);
        return ones;
    }

    public static void write(Path file, String text) {
        try {
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static void delete(Path file) {
        try {
            Files.delete(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static Path target(Path link) {
        try {
            return Files.readSymbolicLink(link);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A link to where the target really is, as those of /proc are. */
    public static void linkAbsolute(Path link, Path target) {
        try {
            Files.createSymbolicLink(link, target.toAbsolutePath());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static void link(Path link, Path target) {
        try {
            Files.deleteIfExists(link);
            Files.createSymbolicLink(link, link.getParent().relativize(target));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** One function's directory. */
    public final class Function {
        private final Path device;
        private DeviceKey key;

        private Function(Path device) {
            this.device = device;
        }

        public Path path() {
            return device;
        }

        public Function file(String name, String text) {
            write(device.resolve(name), text);
            return this;
        }

        public Function bytes(String name, byte[] bytes) {
            try {
                Files.write(device.resolve(name), bytes);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return this;
        }

        public Function without(String name) {
            try {
                Files.delete(device.resolve(name));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return this;
        }

        public Function ids(int vendor, int id, int subvendor, int subdevice) {
            file("vendor", "0x%04x\n".formatted(vendor)).file("device", "0x%04x\n".formatted(id));
            file("subsystem_vendor", "0x%04x\n".formatted(subvendor));
            file("subsystem_device", "0x%04x\n".formatted(subdevice));
            return announcing(new DeviceKey(vendor, id, subvendor, subdevice, key == null ? 0 : key.classCode()));
        }

        public Function classCode(int code) {
            file("class", "0x%06x\n".formatted(code));
            return announcing(new DeviceKey(key.vendor(), key.device(), key.subvendor(), key.subdevice(), code));
        }

        private Function announcing(DeviceKey now) {
            key = now;
            return file("modalias", now + "\n");
        }

        public DeviceKey key() {
            return key;
        }

        /** The lines of {@code resource} from the first, {@code start end flags}; the rest of the 13 is empty. */
        public Function resources(String... lines) {
            StringBuilder text = new StringBuilder();
            for (int i = 0; i < 13; i++) {
                text.append(i < lines.length ? lines[i] : "0x0000000000000000 0x0000000000000000 0x0000000000000000");
                text.append('\n');
            }
            return file("resource", text.toString());
        }

        /** Config space of a size with the ids and a header type in it. */
        public Function config(int size, int headerType) {
            ByteBuffer config = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
            config.putShort(0, (short) key.vendor()).putShort(2, (short) key.device()).put(0x0e, (byte) headerType);
            return bytes("config", config.array());
        }

        public Function driver(String name) {
            Path driver = directory("bus/pci/drivers/" + name);
            link(device.resolve("driver"), driver);
            link(driver.resolve(device.getFileName()), device);
            return this;
        }

        /** As the kernel does it at each probe of a VFIO driver, and at its end; only where it tells that. */
        public Function vfio(boolean has) {
            Path mark = device.resolve("vfio-dev");
            if (Files.exists(root.resolve("class/vfio-dev")) && has != Files.exists(mark)) {
                if (has) {
                    directory(root.relativize(mark).toString());
                } else {
                    SysfsTree.delete(mark);
                }
            }
            return this;
        }

        public Function group(int number) {
            link(device.resolve("iommu_group"), directory("kernel/iommu_groups/" + number));
            return this;
        }

        /** Makes this the physical function of {@code functions}. */
        public Function virtualFunctions(Function... functions) {
            file("sriov_drivers_autoprobe", "1\n");
            for (int i = 0; i < functions.length; i++) {
                link(device.resolve("virtfn" + i), functions[i].device);
                link(functions[i].device.resolve("physfn"), device);
            }
            return this;
        }

        private Function present() {
            link(root.resolve("bus/pci/devices").resolve(device.getFileName()), device);
            return this;
        }

        /** As the kernel does it: the files are complete before the bus has the link, and the event comes last. */
        public Function plug() {
            present();
            event();
            return this;
        }

        /** Unplugs; the directory lives on elsewhere, so that a later one cannot get its inode. */
        public void remove() {
            try {
                Files.delete(root.resolve("bus/pci/devices").resolve(device.getFileName()));
                Files.move(device, directory("removed").resolve(device.getFileName() + "-" + sequence));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            event();
        }
    }
}
