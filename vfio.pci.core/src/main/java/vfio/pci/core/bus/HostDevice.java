// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.bus;

import java.util.Collection;
import org.osgi.annotation.versioning.ConsumerType;
import vfio.core.Errno;
import vfio.core.EventSignal;
import vfio.core.IrqRequest;
import vfio.core.VfioException;
import vfio.core.device.RegionOperations;
import vfio.core.dma.DmaSpace;
import vfio.core.feature.FeatureReply;
import vfio.core.feature.FeatureRequest;
import vfio.core.info.DeviceInfo;
import vfio.core.info.IrqInfo;
import vfio.pci.core.id.HotResetInfo;

/**
 * A function that the other side of a HOST bus has open and virtualizes: the core forwards calls, and adds only the
 * parts that a driver claims. Each errno is the other side's.
 */
@ConsumerType
public interface HostDevice extends AutoCloseable {

    /** Answers VFIO_DEVICE_GET_INFO. */
    DeviceInfo info();

    /**
     * Returns a region, which stays usable until the device is closed.
     *
     * @throws VfioException EINVAL where there is no such region
     */
    RegionOperations region(int index);

    /**
     * Answers VFIO_DEVICE_GET_IRQ_INFO.
     *
     * @throws VfioException EINVAL where there is no such index
     */
    IrqInfo irqInfo(int index);

    /**
     * Does VFIO_DEVICE_SET_IRQS.
     *
     * @return 0, or the number of available vectors where fewer are available than asked for
     */
    int setIrqs(IrqRequest request);

    /**
     * Has a register written at each signal (VFIO_DEVICE_IOEVENTFD).
     *
     * @param signal null ends the write of the same value at the same place
     * @throws VfioException ENOTTY where the bus does not forward such writes; else the other side's errno
     */
    default void ioEvent(int region, long offset, int width, long value, EventSignal signal) {
        throw new VfioException(Errno.ENOTTY, "write a register at a signal: the bus does not forward that");
    }

    /**
     * Answers VFIO_DEVICE_FEATURE, before the core or a driver is asked. MIGRATION and DMA_LOGGING_START are probed at each
     * first open; the driver's own migration and dirty log are left out where the other side has the feature.
     *
     * @param request as the user gave it, unchecked: neither its argsz nor its payload need be large enough
     * @return at most as many bytes as the user has room for; in them 0 stands for a descriptor, which is the attachment
     * @throws VfioException ENOTTY where there is no such feature, else the other side's errno
     */
    default FeatureReply feature(FeatureRequest request) {
        throw request.refused(Errno.ENOTTY, "the bus forwards no features");
    }

    /** Resets the function (VFIO_DEVICE_RESET). */
    void reset();

    /**
     * Answers VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, without drivers and users.
     *
     * @throws VfioException ENODEV where the bus cannot be reset
     */
    default HotResetInfo hotResetInfo() {
        throw new VfioException(Errno.ENODEV, "get hot reset info: the bus forwards no hot reset");
    }

    /**
     * Resets every function of the bus or slot (VFIO_DEVICE_PCI_HOT_RESET).
     *
     * @param owned open devices of the same bus, whose groups prove that each function to be reset is the asker's
     * @throws VfioException ENODEV as {@link #hotResetInfo}; else the other side's errno, EINVAL where the other side sees a
     *     function that is not the asker's
     */
    default void hotReset(Collection<? extends HostDevice> owned) {
        throw new VfioException(Errno.ENODEV, "hot reset: the bus forwards none");
    }

    /**
     * Tells a listener of the other side's reports, until the device is closed; called once, before any interrupt is wired. A
     * bus whose other side reports nothing ignores the call.
     */
    default void listener(Listener listener) {
    }

    /** A listener of the other side's reports, on any thread: it neither blocks nor throws. */
    @ConsumerType
    interface Listener {
        /**
         * Says that the other side wants the device back, or the device is being unplugged: close it soon. May come again.
         */
        void requested();

        /** Says that the device has reported an uncorrectable error. */
        void errorDetected();
    }

    /**
     * Returns the addresses by which the function, and those that share its address space, reach memory.
     *
     * @throws VfioException EOPNOTSUPP where the other side has none for it
     */
    default DmaSpace dma() {
        throw new VfioException(Errno.EOPNOTSUPP, "map memory: the bus has no address space for the function");
    }

    @Override
    void close();
}
