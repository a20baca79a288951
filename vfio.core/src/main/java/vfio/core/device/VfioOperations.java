// SPDX-License-Identifier: Apache-2.0
package vfio.core.device;

import java.util.List;
import org.osgi.annotation.versioning.ConsumerType;
import vfio.core.Errno;
import vfio.core.EventSignal;
import vfio.core.IrqRequest;
import vfio.core.VfioException;
import vfio.core.dirty.DirtyLog;
import vfio.core.feature.Features;
import vfio.core.info.DeviceInfo;
import vfio.core.info.IrqInfo;
import vfio.core.migration.MigrationOperations;

/**
 * The operations of one device, as in the kernel's {@code struct vfio_device_ops} (include/linux/vfio.h). Each default
 * is the core's own behaviour; a driver overrides what differs, so its overrides are its difference from the core.
 *
 * <p>The core calls these and nobody else does. What changes the device's life ({@link #openDevice}, {@link #closeDevice},
 * {@link #region}, {@link #reset}) runs on the worker of the driver's bundle, with a time limit and under the lock of the
 * device's set; a device that is gone is closed without it where another of the set holds it too long. The others run on the
 * users' threads, several at once, between {@link #openDevice} and {@link #closeDevice}.
 */
@ConsumerType
public abstract class VfioOperations {

    /** First open. Throwing refuses the open with the exception's errno (EIO if it has none) and leaves nothing open. */
    public void openDevice() {
    }

    /** First open, with the user's options; by default {@link #openDevice()}, which has none. */
    public void openDevice(OpenArguments arguments) {
        openDevice();
    }

    /**
     * Checks the options of an open that finds the device open already.
     *
     * @throws VfioException why this user may not share it
     */
    public void admit(OpenArguments arguments) {
    }

    /** {@link #openDevice} has thrown: what the core itself had opened below the driver is closed. */
    public void openFailed() {
    }

    /** Last close: undoes {@link #openDevice}; called exactly once for each open that succeeded. */
    public void closeDevice() {
    }

    /** VFIO_DEVICE_GET_INFO. How many regions there are is asked once for each first open. */
    public DeviceInfo info() {
        return new DeviceInfo(0, 0, 0, List.of());
    }

    /**
     * Where regions lie in the device's file: region {@code i} at {@code i << offsetShift()}.
     *
     * @return 20 to 56
     */
    public int offsetShift() {
        return 40;
    }

    /**
     * A region, asked once for each first open, after {@link #openDevice}.
     *
     * @param index from 0 to the number of regions less one, as in VFIO_DEVICE_GET_REGION_INFO
     * @throws VfioException EINVAL where the device has none of this index: users get the same
     */
    public RegionOperations region(int index) {
        throw new VfioException(Errno.EINVAL, "open region " + index + ": the device has none of this index");
    }

    /**
     * An access came to a region that is blocked, by disabled memory or low power. Answers whether to try again.
     *
     * @param index of the region
     */
    public boolean wake(int index) {
        return false;
    }

    /**
     * VFIO_DEVICE_GET_IRQ_INFO.
     *
     * @throws VfioException EINVAL where the device has no such index
     */
    public IrqInfo irqInfo(int index) {
        throw new VfioException(Errno.EINVAL, "interrupt index " + Integer.toUnsignedString(index)
                + ": the device has none of this index");
    }

    /**
     * VFIO_DEVICE_SET_IRQS, after {@link IrqRequest#check}.
     *
     * @return 0, or how many vectors are available where they are fewer than asked for
     * @throws VfioException ENOTTY where the index has no such action; else why it cannot be done
     */
    public int setIrqs(IrqRequest request) {
        throw request.refused(Errno.ENOTTY, "the device has no interrupts");
    }

    /**
     * VFIO_DEVICE_IOEVENTFD: writes a register at each signal.
     *
     * @param width 1, 2, 4 or 8 bytes
     * @param signal null to take away what writes the same there
     * @throws VfioException ENOTTY where the device cannot; EINVAL where the place cannot have one; EEXIST, ENODEV, ENOSPC
     */
    public void ioEvent(int region, long offset, int width, long value, EventSignal signal) {
        throw new VfioException(Errno.ENOTTY, "write a register at a signal: the device does not do that");
    }

    /**
     * VFIO_DEVICE_RESET.
     *
     * @throws VfioException ENOTTY where the device cannot be reset; EAGAIN where it is locked; else why it failed
     */
    public void reset() {
        throw new VfioException(Errno.ENOTTY, "reset: the device has no reset");
    }

    /**
     * How the driver migrates the device; asked when the device is registered, to check what is claimed
     * ({@link Registration}), and once for each first open, after {@link #openDevice}. Null where it does not.
     *
     * @throws VfioException why the device cannot be registered, or opened, at all
     */
    public MigrationOperations migration() {
        return null;
    }

    /** What the device writes to memory, logged by the driver; asked and null as {@link #migration}. */
    public DirtyLog dirtyLog() {
        return null;
    }

    /**
     * Features of VFIO_DEVICE_FEATURE that the bus or the driver adds to those of migration and the dirty log, or puts in
     * their place; asked once for each first open, after {@link #openDevice} and before {@link #migration}, which
     * is left out where another side has it.
     */
    public Features features() {
        return Features.NONE;
    }

    /**
     * The device is asked for: tell its users, by an interrupt or the like, to let go. The core asks each
     * {@link VfioUser} by itself.
     *
     * @param count how often it was asked for before
     */
    public void request(int count) {
    }
}
