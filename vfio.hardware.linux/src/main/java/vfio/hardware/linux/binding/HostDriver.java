// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.binding;

import java.nio.file.Path;
import java.util.Objects;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.hardware.linux.guard.GuardedFunction;

/** Driver and override that the host has for a function: read here, changed from outside. */
final class HostDriver {
    private static final String NONE = "(null)"; // what printf makes of the kernel's null pointer

    private final GuardedFunction function;
    private final Outside outside;
    private final Path drivers;

    HostDriver(GuardedFunction function, Outside outside, Path sysfs) {
        this.function = function;
        this.outside = outside;
        drivers = sysfs.resolve("bus/pci");
    }

    /** Null for none. */
    String name() {
        return function.driver().orElse(null);
    }

    /** Null for none. */
    String override() {
        return function.directory().line("driver_override").filter(text -> !text.equals(NONE) && !text.isEmpty())
                .orElse(null);
    }

    Path overrideFile() {
        return function.directory().path().resolve("driver_override");
    }

    Path unbindFile() {
        return function.directory().path().resolve("driver/unbind");
    }

    Path probeFile() {
        return drivers.resolve("drivers_probe");
    }

    /** @param text null for none */
    void override(String text) {
        if (!Objects.equals(text, override())) {
            outside.write(function.address(), overrideFile(), text == null ? "\n" : text);
        }
    }

    void unbind() {
        outside.write(function.address(), unbindFile(), function.toString());
    }

    /**
     * Has it probed.
     *
     * @throws VfioException the errno of the driver's probe; EBUSY where another driver has it then
     */
    void probe(String driver) {
        outside.write(function.address(), probeFile(), function.toString());
        if (name() == null) { // drivers_probe says nothing of a probe that failed, bind does
            outside.write(function.address(), drivers.resolve("drivers").resolve(driver).resolve("bind"), function.toString());
        }
        if (!driver.equals(name())) {
            throw new VfioException(Errno.EBUSY, "bind " + function + " to " + driver + " of its host: "
                    + (name() == null ? "no driver" : "driver " + name()) + " has it after that");
        }
    }
}
