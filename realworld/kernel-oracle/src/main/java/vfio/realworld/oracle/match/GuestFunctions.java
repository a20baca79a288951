// SPDX-License-Identifier: Apache-2.0
package vfio.realworld.oracle.match;

import static vfio.pci.core.id.PciRegisters.HEADER_TYPE;
import static vfio.pci.core.id.PciRegisters.HEADER_TYPE_MASK;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import vfio.core.VfioException;
import vfio.os.Fd;
import vfio.os.Kernel;
import vfio.os.call.NativeBytes;
import vfio.pci.core.id.DeviceKey;
import vfio.pci.core.id.PciAddress;

/** The functions of the guest, by its kernel's sysfs; nothing is kept. */
final class GuestFunctions {
    private static final Path DEVICES = Path.of("/sys/bus/pci/devices");

    private final Kernel kernel = Kernel.host();

    /** @return 0, or the kernel's errno */
    int write(Operation operation) {
        byte[] text = operation.text().getBytes(StandardCharsets.US_ASCII);
        try (Fd file = kernel.open(operation.path(), Kernel.WRITE_ONLY)) {
            file.write(NativeBytes.of(ByteBuffer.wrap(text)), 0, text.length);
            return 0;
        } catch (VfioException e) {
            return e.errno().number();
        }
    }

    /** Their names, in order. */
    Set<String> names() {
        try (Stream<Path> entries = Files.list(DEVICES)) {
            return new TreeSet<>(entries.map(entry -> entry.getFileName().toString()).toList());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The driver bound to a function, null for none. */
    String driver(String function) {
        Path link = DEVICES.resolve(function).resolve("driver");
        try {
            return Files.isSymbolicLink(link) ? Files.readSymbolicLink(link).getFileName().toString() : null;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String override(String function) {
        String text = text(function, "driver_override");
        return text.equals("(null)") ? null : text;
    }

    /** The driver_data that a driver of the test module was probed with. */
    long entry(String function) {
        return Long.parseUnsignedLong(text(function, "oracle_entry"), 16);
    }

    int number(String function, String file) {
        return Integer.decode(text(function, file));
    }

    boolean has(String function, String file) {
        return Files.exists(DEVICES.resolve(function).resolve(file));
    }

    private static String text(String function, String file) {
        try {
            List<String> lines = Files.readAllLines(DEVICES.resolve(function).resolve(file));
            return lines.isEmpty() ? "" : lines.get(0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    TwinFunction twin(String function) {
        Path folder = DEVICES.resolve(function);
        try {
            Path physical = folder.resolve("physfn");
            byte[] config = Files.newInputStream(folder.resolve("config")).readNBytes(HEADER_TYPE + 1);
            int header = config[HEADER_TYPE] & HEADER_TYPE_MASK;
            return new TwinFunction(PciAddress.parse(function), key(function), header, Files.isSymbolicLink(physical)
                    ? PciAddress.parse(Files.readSymbolicLink(physical).getFileName().toString()) : null);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    DeviceKey key(String function) {
        return DeviceKey.parse(text(function, "modalias"));
    }
}
