// SPDX-License-Identifier: Apache-2.0
package vfio.core.device;

import java.util.List;
import java.util.Optional;
import java.util.UUID;
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
 * is the core's own behaviour; a driver overrides those that differ, so its overrides are its difference from the core.
 *
 * <p>Only the core calls these operations. Those that change the device's life ({@link #openDevice}, {@link #closeDevice},
 * {@link #region}, {@link #reset}) run on the worker of the driver's bundle, with a time limit and under the lock of the
 * device's set; a device that is gone is closed without the lock where another member of the set holds the lock too long. The
 * others run on the users' threads, several at once, between {@link #openDevice} and {@link #closeDevice}.
 */
@ConsumerType
public abstract class VfioOperations {

    /**
     * Opens the device for its first user. An exception refuses the open with the exception's errno (EIO if it has none), and
     * must leave nothing open.
     */
    public void openDevice() {
    }

    /**
     * Opens the device for its first user; by default calls {@link #openDevice()} without the token.
     *
     * @param vfToken what the user has given as the secret that the users of a PF and of its VFs share
     */
    public void openDevice(Optional<UUID> vfToken) {
        openDevice();
    }

    /**
     * Checks an open that finds the device open already.
     *
     * @param vfToken as of {@link #openDevice(Optional)}
     * @throws VfioException the reason why this user may not share the device
     */
    public void admit(Optional<UUID> vfToken) {
    }

    /** Closes, after an {@link #openDevice} that has thrown, the part that the core itself had opened below the driver. */
    public void openFailed() {
    }

    /** Undoes {@link #openDevice} at the last close; called exactly once for each open that succeeded. */
    public void closeDevice() {
    }

    /** Returns the device's description (VFIO_DEVICE_GET_INFO). Its number of regions is asked once for each first open. */
    public DeviceInfo info() {
        return new DeviceInfo(0, 0, 0, List.of());
    }

    /**
     * Returns the shift by which regions lie in the device's file: region {@code i} at {@code i << offsetShift()}.
     *
     * @return 20 to 56
     */
    public int offsetShift() {
        return 40;
    }

    /**
     * Returns a region; asked once for each first open, after {@link #openDevice}.
     *
     * @param index from 0 to the number of regions less one, as in VFIO_DEVICE_GET_REGION_INFO
     * @throws VfioException EINVAL where the device has no region of this index: users get the same
     */
    public RegionOperations region(int index) {
        throw new VfioException(Errno.EINVAL, "open region " + index + ": the device has none of this index");
    }

    /**
     * Tries to wake a region that is blocked, by disabled memory or low power, for an access; tells whether to try the access
     * again.
     *
     * @param index the region's index
     */
    public boolean wake(int index) {
        return false;
    }

    /**
     * Returns the description of an interrupt index (VFIO_DEVICE_GET_IRQ_INFO).
     *
     * @throws VfioException EINVAL where the device has no such index
     */
    public IrqInfo irqInfo(int index) {
        throw new VfioException(Errno.EINVAL, "interrupt index " + Integer.toUnsignedString(index)
                + ": the device has none of this index");
    }

    /**
     * Wires, masks, unmasks or signals interrupts (VFIO_DEVICE_SET_IRQS), after {@link IrqRequest#check}.
     *
     * @return 0, or the number of available vectors where fewer are available than asked for
     * @throws VfioException ENOTTY where the index has no such action; else the errno of the reason
     */
    public int setIrqs(IrqRequest request) {
        throw request.refused(Errno.ENOTTY, "the device has no interrupts");
    }

    /**
     * Has a register written at each signal (VFIO_DEVICE_IOEVENTFD).
     *
     * @param width 1, 2, 4 or 8 bytes
     * @param signal null ends the write of the same value at the same place
     * @throws VfioException ENOTTY where the device has no such writes; EINVAL where the place cannot have one; EEXIST,
     *     ENODEV, ENOSPC as {@link DeviceHandle#ioEvent}
     */
    public void ioEvent(int region, long offset, int width, long value, EventSignal signal) {
        throw new VfioException(Errno.ENOTTY, "write a register at a signal: the device does not do that");
    }

    /**
     * Resets the device (VFIO_DEVICE_RESET).
     *
     * @throws VfioException ENOTTY where the device cannot be reset; EAGAIN where the device is locked; else the errno of the
     *     failure
     */
    public void reset() {
        throw new VfioException(Errno.ENOTTY, "reset: the device has no reset");
    }

    /**
     * Returns the driver's migration of the device; null where the driver does not migrate. The core asks when the device is
     * registered, to check the claims, and once for each first open, after {@link #openDevice}.
     *
     * @throws VfioException the reason why the device cannot be registered, or opened, at all
     */
    public MigrationOperations migration() {
        return null;
    }

    /** Returns the driver's log of the device's writes to memory; asked and null as {@link #migration}. */
    public DirtyLog dirtyLog() {
        return null;
    }

    /**
     * Returns the features of VFIO_DEVICE_FEATURE that the bus or the driver adds to those of migration and the dirty log, or
     * puts in their place. The core asks once for each first open, after {@link #openDevice} and before {@link #migration},
     * which the core does not call where the other side migrates the device.
     */
    public Features features() {
        return Features.NONE;
    }

    /**
     * Asks the device's users, by an interrupt or the like, to let go of the device. The core itself asks each
     * {@link VfioUser}.
     *
     * @param count how often the users were asked before
     */
    public void request(int count) {
    }

    /**
     * Hands the open device over to the next version of the driver. No other call of these operations is under way, and none
     * comes until {@link #stay} or {@link #handedOver}. The device and everything that the core keeps of it stay as they are.
     *
     * @param version the version of the state that the next driver reads, one of those that this driver writes
     * @return what the next version needs to go on
     */
    public DriverState handOver(int version) {
        return DriverState.none();
    }

    /**
     * Takes an open device over from the version of before, in place of {@link #openDevice}: goes on with the device as it
     * is, which a user is at work on, and writes none of its registers. An exception leaves the device to the version of
     * before, and must leave nothing of this one's.
     */
    public void takeOver(DriverState state) {
    }

    /** Goes on as before {@link #handOver}: the exchange was called off. */
    public void stay() {
    }

    /**
     * Tells whether the driver works, asked soon after it has taken the device over, while users go on. Where it does not,
     * the exchange is undone.
     */
    public boolean healthy() {
        return true;
    }

    /**
     * Lets go of threads and memory, without touching the device: another version has it, the next one after
     * {@link #handOver}, that of before where the exchange was called off after {@link #takeOver}. The last call, in place of
     * {@link #closeDevice}.
     */
    public void handedOver() {
    }
}
