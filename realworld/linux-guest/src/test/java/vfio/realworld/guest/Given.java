// SPDX-License-Identifier: Apache-2.0
package vfio.realworld.guest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import vfio.hardware.linux.device.HostDevices;
import vfio.hardware.linux.device.HostDevices.Access;
import vfio.os.Kernel;
import vfio.pci.core.bus.HostDevice;

/** A function that the guest's operator has given to vfio-pci; closed, it is its former driver's again. */
final class Given implements AutoCloseable {
    private static final Path BUS = Path.of("/sys/bus/pci");

    private final String name;
    private final String before;

    private Given(String name, String before) {
        this.name = name;
        this.before = before;
    }

    static Given of(String name) throws IOException {
        String before = Guest.driver(name);
        if (!before.equals("vfio-pci")) {
            unbind(name, before);
            Guest.give(name);
        }
        return new Given(name, before);
    }

    private static void unbind(String name, String driver) throws IOException {
        if (!driver.isEmpty()) {
            Files.writeString(BUS.resolve("drivers").resolve(driver).resolve("unbind"), name);
        }
    }

    String name() {
        return name;
    }

    Path directory() {
        return BUS.resolve("devices").resolve(name);
    }

    /** Opens it by a road of its own. */
    HostDevice open(Access access) {
        return new HostDevices(Kernel::host, "/dev/vfio", access, Set.of()).open(directory());
    }

    @Override
    public void close() throws IOException {
        if (Files.exists(directory()) && !before.equals("vfio-pci")) {
            Files.writeString(directory().resolve("driver_override"), "\n");
            unbind(name, "vfio-pci");
            if (!before.isEmpty()) {
                Files.writeString(BUS.resolve("drivers_probe"), name);
            }
        }
    }
}
