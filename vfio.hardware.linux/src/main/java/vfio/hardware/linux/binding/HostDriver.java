// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.binding;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.hardware.linux.guard.GuardedFunction;

/** The driver and the override that the host has for a function: read by this process, changed by others it starts. */
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

    /** Returns the driver's name, or null for none. */
    String name() {
        return function.driver().orElse(null);
    }

    /** Returns the override, or null for none. */
    String override() {
        return function.directory().line("driver_override").filter(text -> !text.equals(NONE) && !text.isEmpty())
                .orElse(null);
    }

    /**
     * Requires that the kernel lets a driver be chosen.
     *
     * @throws VfioException EOPNOTSUPP where the kernel has no override
     */
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

    /**
     * Sets the override.
     *
     * @param text null to clear it
     */
    void override(String text) {
        if (!Objects.equals(text, override())) {
            outside.write(function.address(), overrideFile(), text == null ? "\n" : text);
        }
    }

    void unbind() {
        outside.write(function.address(), unbindFile(), function.toString());
    }

    /**
     * Has the function probed by the driver that its override or its ids choose.
     *
     * @throws VfioException the kernel's errno; none for a probe that fails
     */
    void probe() {
        outside.write(function.address(), probeFile(), function.toString());
    }

    /**
     * Has the function probed, and requires that a driver has it then.
     *
     * @throws VfioException the errno of the driver's probe; ENODEV where no driver has the function then; EBUSY where
     *     another has
     */
    void probe(String driver) {
        probe();
        if (name() == null) { // drivers_probe says nothing of a probe that failed, bind does
            bind(driver);
        }
        requireHas(driver);
    }

    /**
     * Has the function probed by one driver, whatever else would match.
     *
     * @throws VfioException as {@link #probe(String)}; ENODEV too where the driver does not match or an override names
     *     another
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
