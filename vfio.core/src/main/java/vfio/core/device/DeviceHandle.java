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
 * One open of a device, owned by the core; nothing in it belongs to a driver's bundle. Once closed or revoked every call
 * answers ENODEV, for ever.
 */
@ProviderType
public interface DeviceHandle extends AutoCloseable {

    /** The device's name, also after the handle is stale. */
    String deviceName();

    /** False once closed or revoked. */
    boolean isOpen();

    /**
     * Calls {@code onGone} once when the handle has been closed or revoked, at once where that was before. It runs on the
     * thread that closes or revokes, which may hold the lock of the device's set: it must be short and wait for nobody.
     *
     * @return ends that; a call that is under way goes on
     */
    AutoCloseable onGone(Runnable onGone);

    /** VFIO_DEVICE_GET_INFO. */
    DeviceInfo info();

    /**
     * VFIO_DEVICE_GET_REGION_INFO.
     *
     * @throws VfioException EINVAL where the device has no region of this index
     */
    RegionInfo regionInfo(int index);

    /**
     * A region to read and write; good for as long as the handle is.
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
     * VFIO_DEVICE_GET_IRQ_INFO.
     *
     * @throws VfioException EINVAL where the device has no such index
     */
    IrqInfo irqInfo(int index);

    /**
     * VFIO_DEVICE_SET_IRQS.
     *
     * @return 0, or how many vectors are available where they are fewer than asked for, and nothing has changed
     * @throws VfioException EINVAL where the request is wrong in itself; ENOTTY where the index has no such action; EBADF
     *     for a signal that is closed; else why it cannot be done
     */
    int setIrqs(IrqRequest request);

    /**
     * VFIO_DEVICE_IOEVENTFD: writes a register of a BAR at each signal, until the device is closed.
     *
     * @param width 1, 2, 4 or 8 bytes, of which {@code offset} is a multiple
     * @param signal one that can be listened to; null to take away what writes the same there
     * @throws VfioException EINVAL where the place cannot have one; EEXIST where the same is there; ENODEV where there is none
     *     to take away; ENOSPC where there are 1000; EBADF where the signal is closed; ENOTTY where the device cannot
     */
    void ioEvent(int region, long offset, int width, long value, EventSignal signal);

    /**
     * VFIO_DEVICE_RESET.
     *
     * @throws VfioException EINVAL or ENOTTY where the device cannot be reset; EAGAIN where it is locked; else why it failed
     */
    void reset();

    /** The device's migration; each of its calls answers ENOTTY where the driver does not migrate it. */
    Migration migration();

    /** What the device has written to memory; each of its calls answers ENOTTY where the driver does not log that. */
    DirtyPages dirtyPages();

    /**
     * VFIO_DEVICE_FEATURE, as a wire face has it; a program has {@link #migration} and {@link #dirtyPages}.
     *
     * @throws VfioException as {@link vfio.core.feature.Features#dispatch}
     */
    FeatureReply feature(FeatureRequest request);

    /** Closes; the last handle of a device runs the driver's close. A second close does nothing. */
    @Override
    void close();
}
