// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.binding;

import java.nio.file.Files;
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

    /** @throws VfioException EOPNOTSUPP where the kernel has no such file, and so no way to choose a driver */
    void requireOverride(String act) {
        if (!Files.exists(overrideFile())) {
            throw new VfioException(Errno.EOPNOTSUPP, act + ": " + overrideFile()
                    + " is missing, by which its driver is chosen; use a kernel that has it (since 3.16)");
        }
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
     * Has it probed by whatever driver its override or its ids choose.
     *
     * @throws VfioException the kernel's errno; none for a probe that fails
     */
    void probe() {
        outside.write(function.address(), probeFile(), function.toString());
    }

    /**
     * Has it probed by a driver.
     *
     * @throws VfioException the errno of the driver's probe; ENODEV where no driver has it after that; EBUSY where another has
     */
    void probe(String driver) {
        probe();
        if (name() == null) { // drivers_probe says nothing of a probe that failed, bind does
            bind(driver);
        }
        requireHas(driver);
    }

    /**
     * Has it probed by a driver and no other, whatever else would match.
     *
     * @throws VfioException as {@link #probe(String)}; ENODEV too where the driver does not match or an override names another
     */
    void bind(String driver) {
        outside.write(function.address(), drivers.resolve("drivers").resolve(driver).resolve("bind"), function.toString());
        requireHas(driver);
    }

    private void requireHas(String driver) {
        String after = name();
        if (!driver.equals(after)) {
            throw new VfioException(after == null ? Errno.ENODEV : Errno.EBUSY, "bind " + function + " to " + driver
                    + " of its host: " + (after == null ? "no driver" : "driver " + after) + " has it after that");
        }
    }
}
