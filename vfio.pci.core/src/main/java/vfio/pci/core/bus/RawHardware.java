// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.bus;

import java.util.Set;
import org.osgi.annotation.versioning.ConsumerType;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.device.RegionOperations;
import vfio.pci.core.id.ResetMethod;

/**
 * What a bus of raw hardware gives of a function besides its configuration space; the PCI core virtualizes it. One core
 * uses it at a time, from any thread.
 */
@ConsumerType
public interface RawHardware {
    /** Where {@link #vga} ends, in bytes: behind the memory at bffffh. */
    long VGA_SIZE = 0xc0000;

    /**
     * Returns the registers behind a BAR, of memory or made by a model. The core checks whether the function decodes them.
     *
     * @param bar 0 to 5
     * @throws VfioException EINVAL where the function does not implement it
     */
    RegionOperations bar(int bar);

    /** Returns the image behind the expansion ROM BAR, which may be smaller than {@link #romSize}; null without one. */
    RegionOperations rom();

    /** Returns what the expansion ROM BAR decodes, in bytes, a power of two; 0 without one. */
    long romSize();

    /** Tells whether {@link #rom} is the copy that firmware left of a ROM no BAR decodes, as of a boot VGA's. */
    default boolean romShadowed() {
        return false;
    }

    /**
     * Returns legacy VGA: memory at a0000h to bffffh and ports at 3b0h to 3bbh and 3c0h to 3dfh, at these positions; null for
     * none.
     */
    RegionOperations vga();

    /** Returns the interrupts, which the bus delivers: addresses, data and the MSI-X table are the bus's own. */
    InterruptLines interrupts();

    /** Returns facts of the device that its configuration space does not tell. */
    Quirks quirks();

    /**
     * Resets the function by a method of the device's own.
     *
     * @throws VfioException ENOTTY where there is none ({@link Quirks#deviceReset}); else why it failed
     */
    void resetDevice();

    /**
     * Resets every function of the bus this one is on, by its bridge's Secondary Bus Reset.
     *
     * @throws VfioException ENOTTY on a root bus, or where the bridge cannot
     */
    void resetBus();

    /** Tells whether {@link #resetBus} can work here. */
    boolean busResettable();

    /**
     * Returns the reset methods of the platform's, {@link ResetMethod#ACPI} and {@link ResetMethod#CXL_BUS}; the others the
     * core finds by itself.
     */
    default Set<ResetMethod> platformResets() {
        return Set.of();
    }

    /**
     * Resets the function by the firmware, or all that are below its CXL port.
     *
     * @param method one of {@link #platformResets}
     * @throws VfioException ENOTTY where there is none; else why it failed
     */
    default void resetByPlatform(ResetMethod method) {
        throw new VfioException(Errno.ENOTTY, "reset by " + method + ": the platform does not");
    }

    /**
     * Tells of what the function reports by itself; null ends that.
     *
     * @return the listener before, or null
     */
    Listener listener(Listener listener);

    /**
     * Lets the function reach memory as a bus master, while Bus Master Enable is set, which the bus checks; null ends that. A
     * bus whose functions do no DMA ignores the call.
     */
    default void dma(DmaAccess memory) {
    }

    /** Told of events that are no interrupts, on any thread; neither blocks nor throws. */
    @ConsumerType
    interface Listener {
        /** Says that the function has reported an uncorrectable error by AER. */
        void errorDetected();

        /** Says that the function asks to leave a low-power state (PME). */
        void wakeUp();
    }

    /**
     * Quirks, from the one id table that the buses ship; the cores look up no ids.
     *
     * @param intxUnusable INTx cannot be used at all: the user sees no interrupt pin
     * @param intxUnmaskable the function does not do what its INTx Disable bit says, though it may be set
     * @param intxConnected whether the interrupt pin leads anywhere
     * @param deviceReset whether {@link #resetDevice} works
     */
    record Quirks(boolean intxUnusable, boolean intxUnmaskable, boolean intxConnected, boolean deviceReset) {
        /** A function as the specifications have it. */
        public static final Quirks NONE = new Quirks(false, false, true, false);
    }
}
