// SPDX-License-Identifier: Apache-2.0
package vfio.core.device;

import org.osgi.annotation.versioning.ProviderType;
import vfio.core.EventSignal;
import vfio.core.IrqRequest;
import vfio.core.VfioException;
import vfio.core.dirty.DirtyPages;
import vfio.core.feature.FeatureReply;
import vfio.core.feature.FeatureRequest;
import vfio.core.info.DeviceInfo;
import vfio.core.info.IrqInfo;
import vfio.core.info.RegionInfo;
import vfio.core.migration.Migration;

/**
 * A user's handle on an open device, owned by the core; nothing in the handle belongs to a driver's bundle. Once the handle
 * is closed or revoked every call answers ENODEV, for ever.
 */
@ProviderType
public interface DeviceHandle extends AutoCloseable {

    /** Returns the device's name, also once the handle is stale. */
    String deviceName();

    /** Tells whether the handle is neither closed nor revoked. */
    boolean isOpen();

    /**
     * Calls {@code onGone} once when the handle has been closed or revoked, at once for a handle that already is. The
     * call comes on the thread that closes or revokes, which may hold the lock of the device's set, so {@code onGone} must
     * be short and wait for nobody.
     *
     * @return the closeable that takes {@code onGone} off; a call under way goes on
     */
    AutoCloseable onGone(Runnable onGone);

    /** Tells whether calls wait while a driver is exchanged ({@link VfioUser#waits}). */
    boolean waits();

    /**
     * Tells whether a call through the device may be held back now by an exchange of its driver, or of another one of its
     * set; for a user that does not wait, whose call has ended with EAGAIN, of kind HELD.
     *
     * @param resumed called once, where the answer is true, when the call should be made again, which may be held once more;
     *     on the thread that exchanges the driver, so {@code resumed} must be short and wait for nobody
     */
    boolean held(Runnable resumed);

    /** Returns the device's description (VFIO_DEVICE_GET_INFO). */
    DeviceInfo info();

    /**
     * Returns a region's description (VFIO_DEVICE_GET_REGION_INFO).
     *
     * @throws VfioException EINVAL where the device has no region of this index
     */
    RegionInfo regionInfo(int index);

    /**
     * Returns a region to read and write; the region works as long as the handle does.
     *
     * @throws VfioException EINVAL where the device has no region of this index
     */
    Region region(int index);

    /**
     * Maps a whole region. The mapping is revoked with the handle.
     *
     * @throws VfioException EINVAL where the region is not made of memory
     */
    default Mapping map(int region) {
        Region whole = region(region);
        return whole.map(0, whole.info().size());
    }

    /**
     * Returns the description of an interrupt index (VFIO_DEVICE_GET_IRQ_INFO).
     *
     * @throws VfioException EINVAL where the device has no such index
     */
    IrqInfo irqInfo(int index);

    /**
     * Wires, masks, unmasks or signals interrupts (VFIO_DEVICE_SET_IRQS).
     *
     * @return 0, or the number of available vectors where fewer are available than asked for, and nothing has changed
     * @throws VfioException EINVAL where the request is wrong in itself; ENOTTY where the index has no such action; EBADF
     *     for a signal that is closed; else the errno of the reason
     */
    int setIrqs(IrqRequest request);

    /**
     * Has a register of a BAR written at each signal, until the device is closed (VFIO_DEVICE_IOEVENTFD).
     *
     * @param width 1, 2, 4 or 8 bytes, of which {@code offset} is a multiple
     * @param signal a signal that takes listeners; null ends the write of the same value at the same place
     * @throws VfioException EINVAL where the place cannot have such a write; EEXIST where the same write exists; ENODEV where
     *     there is none to end; ENOSPC where there are 1000; EBADF where the signal is closed; ENOTTY where the device has no
     *     such writes
     */
    void ioEvent(int region, long offset, int width, long value, EventSignal signal);

    /**
     * Resets the device (VFIO_DEVICE_RESET).
     *
     * @throws VfioException EINVAL or ENOTTY where the device cannot be reset; EAGAIN where the device is locked; else the
     *     errno of the failure
     */
    void reset();

    /** Returns the device's migration; each of its calls answers ENOTTY where the driver does not migrate the device. */
    Migration migration();

    /**
     * Returns the log of the device's writes to memory; each of its calls answers ENOTTY where the driver keeps no such log.
     */
    DirtyPages dirtyPages();

    /**
     * Answers VFIO_DEVICE_FEATURE for code that decodes a protocol; a program uses {@link #migration} and
     * {@link #dirtyPages}.
     *
     * @throws VfioException as {@link vfio.core.feature.Features#dispatch}
     */
    FeatureReply feature(FeatureRequest request);

    /** Closes the handle; the close of a device's last handle runs the driver's close. A second close does nothing. */
    @Override
    void close();
}
