// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.assembly;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import vfio.core.VfioException;
import vfio.core.device.DeviceSet;
import vfio.core.device.VfioDevice;
import vfio.core.migration.MigrationFlags;
import vfio.core.thread.Deadline;
import vfio.pci.core.PciBinding;
import vfio.pci.core.VfioPciOperations;
import vfio.pci.core.bus.PciFunction;
import vfio.pci.core.id.PciDeviceId;
import vfio.pci.core.internal.assembly.DriverService.Answer;
import vfio.pci.core.internal.backend.FunctionBackend;

/**
 * A function with its driver: the backend, the binding that the driver made of it and, for a driver with VFIO operations, the
 * VFIO device. An assembly is made as a whole or not at all, and ends with {@link #dismantle}.
 */
public final class Assembly {
    private final DriverService driver;
    private final FunctionBackend backend;
    private final Answer answer;
    private final VfioDevice vfio;

    /**
     * The place of a device among the others.
     *
     * @param name the device's name
     * @param sets the device sets, of which the device joins the one of key {@code set}
     * @param onIdle called after each last close of a device that stays, without a lock held
     */
    public record Place(String name, DeviceSet.Registry sets, Object set, Runnable onIdle) {
        /** Returns the place of a device that stands alone. */
        public static Place alone(String name) {
            return new Place(name, new DeviceSet.Registry(), name, () -> { });
        }
    }

    private Assembly(DriverService driver, FunctionBackend backend, Answer answer, VfioDevice vfio) {
        this.driver = driver;
        this.backend = backend;
        this.answer = answer;
        this.vfio = vfio;
    }

    /**
     * Probes a driver for a function, and makes a VFIO device of the driver's operations.
     *
     * @param function the function as the driver sees it
     * @param id the entry with which the driver is probed
     * @param settings the values of the driver's own settings, by name
     * @throws VfioException what the driver answered, or why its answer is refused; nothing is left behind
     */
    public static Assembly of(PciFunction function, FunctionBackend backend, DriverService driver, PciDeviceId id,
            Map<String, String> settings, Place place) {
        Answer answer = driver.probe(new BackedDevice(function, driver.name(), backend, settings), id);
        return new Assembly(driver, backend, answer, answer.binding() instanceof VfioPciOperations operations
                ? registered(operations, backend, driver, place) : null);
    }

    private static VfioDevice registered(VfioPciOperations operations, FunctionBackend backend, DriverService driver,
            Place place) {
        VfioDevice vfio = new VfioDevice(place.name, place.sets, place.set, operations, driver.worker(), driver.limit(),
                place.onIdle);
        try {
            backend.register(vfio, operations::resetFunction);
            return vfio;
        } catch (RuntimeException e) {
            vfio.leaveIfIdle();
            driver.remove(operations, Deadline.LONGEST);
            throw e;
        }
    }

    public FunctionBackend backend() {
        return backend;
    }

    public PciBinding binding() {
        return answer.binding();
    }

    /** Returns the flags of migration that the driver has claimed at the probe; empty for a driver without migration. */
    public Optional<MigrationFlags> claimed() {
        return answer.claimed();
    }

    /** Returns the VFIO device made of the function; null where the driver uses the function itself. */
    public VfioDevice vfio() {
        return vfio;
    }

    /**
     * Takes the function from its driver, after its users have left.
     *
     * @param patience how long to wait for the driver's {@code remove}
     * @throws VfioException what the driver or the function answered; the driver does not have the function any more
     */
    public void dismantle(Duration patience) {
        try {
            if (vfio != null) {
                backend.unregister();
            }
        } finally {
            driver.remove(answer.binding(), patience);
        }
    }
}
