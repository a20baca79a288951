// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.osgi.annotation.versioning.ConsumerType;
import vfio.core.Errno;
import vfio.core.EventSignal;
import vfio.core.IrqRequest;
import vfio.core.VfioException;
import vfio.core.device.DriverState;
import vfio.core.device.RegionOperations;
import vfio.core.device.VfioOperations;
import vfio.core.feature.Features;
import vfio.core.info.DeviceInfo;
import vfio.core.info.InfoCapability;
import vfio.core.info.IrqInfo;
import vfio.pci.core.internal.backend.Backed;
import vfio.pci.core.internal.backend.OperationsBackend;

/**
 * The operations of a VFIO PCI device. Each method is the PCI core's behaviour: a driver that changes nothing returns an
 * instance of this class. Any other driver returns a subclass, whose overrides are the driver's difference from the generic
 * driver and call the core's behaviour by {@code super.x()}.
 *
 * <p>Regions 0 to 5 are the BARs, 6 the ROM, 7 configuration space, 8 legacy VGA; interrupts 0 INTx, 1 MSI, 2 MSI-X, 3 ERR,
 * 4 REQ (uapi/linux/vfio.h).
 */
@ConsumerType
public non-sealed class VfioPciOperations extends VfioOperations implements PciBinding {
    private final VfioPciDevice device;
    private final OperationsBackend backend;

    /** @param device the device that {@code probe} was given */
    public VfioPciOperations(VfioPciDevice device) {
        this.device = Objects.requireNonNull(device);
        backend = device instanceof Backed backed ? backed.backend() : null;
    }

    @Override
    public final VfioPciDevice device() {
        return device;
    }

    /**
     * Powers the function up, resets and virtualizes it (vfio_pci_core_enable); then lets the driver add its regions and
     * bytes of configuration space, in {@link #openDevice(Opening)}.
     */
    @Override
    public final void openDevice(Optional<UUID> vfToken) {
        backend().open(vfToken);
        addParts();
    }

    private void addParts() {
        Opening opening = new Opening(device, backend());
        try {
            openDevice(opening);
        } finally {
            opening.end();
        }
    }

    /**
     * Takes the open device over from the version of before: adds the driver's parts, which must be those of before, by
     * {@link #openDevice(Opening)}; the function is not opened again. A driver with a state reads the state after
     * {@code super.takeOver}.
     *
     * <p>Of {@code openDevice} what adds regions and claims bytes is to run again, and what writes to the device is not: a
     * user is at work on it. A driver whose {@code openDevice} only writes does not call {@code super.takeOver}; one whose
     * {@code openDevice} does both skips the writes when {@code takeOver} has called it.
     */
    @Override
    public void takeOver(DriverState state) {
        addParts();
    }

    /** Opens the device without a VF token. */
    @Override
    public final void openDevice() {
        openDevice(Optional.empty());
    }

    /** Checks the VF token, which the other side of a host's bus has seen at the first open alone. */
    @Override
    public final void admit(Optional<UUID> vfToken) {
        backend().admit(vfToken);
    }

    /**
     * Adds the driver's parts to the device that is being opened, which is awake and decodes its BARs by now; by default adds
     * nothing. An exception refuses the open with the exception's errno, and the core's own part is closed again.
     *
     * @param opening takes regions and bytes of configuration space, until this method returns
     */
    protected void openDevice(Opening opening) {
    }

    @Override
    public final void openFailed() {
        backend().close();
    }

    /** Stops the function's DMA and interrupts, resets it and puts it to sleep (vfio_pci_core_disable). */
    @Override
    public void closeDevice() {
        backend().close();
    }

    /** Returns the capabilities that the driver adds to the device's info, such as the zdev ones of s390; by default none. */
    protected List<InfoCapability> infoCapabilities() {
        return List.of();
    }

    @Override
    public DeviceInfo info() {
        return backend().info(infoCapabilities());
    }

    /** Returns a region of the core, or one that {@link Opening#addRegion} added. A driver wraps a region that it changes. */
    @Override
    public RegionOperations region(int index) {
        return backend().region(index);
    }

    @Override
    public boolean wake(int index) {
        return backend().wake();
    }

    @Override
    public IrqInfo irqInfo(int index) {
        return backend().irqInfo(index);
    }

    @Override
    public int setIrqs(IrqRequest request) {
        return backend().setIrqs(request);
    }

    @Override
    public void ioEvent(int region, long offset, int width, long value, EventSignal signal) {
        backend().ioEvent(region, offset, width, value, signal);
    }

    @Override
    public void reset() {
        backend().reset();
    }

    /**
     * Resets the function by a method of the driver's own, which the core tries before all others when the function is
     * opened, closed or reset.
     *
     * @return false where the driver has no such method
     * @throws VfioException the reason why the method failed: the core tries other methods after ENOTTY only
     */
    public boolean resetFunction() {
        return false;
    }

    /** Returns the features of the VF token, for a PF, and of low power; on a HOST bus all features of the other side. */
    @Override
    public Features features() {
        return backend().features();
    }

    @Override
    public void request(int count) {
        backend().request(count);
    }

    private OperationsBackend backend() {
        if (backend == null) {
            throw new VfioException(Errno.ENODEV, "use " + device + ": the PCI core did not make this device");
        }
        return backend;
    }
}
