// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.bus;

import java.util.Set;
import java.util.function.Function;
import org.osgi.annotation.versioning.ConsumerType;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.device.RegionOperations;
import vfio.pci.core.id.ResetMethod;

/**
 * The raw hardware of a function besides its configuration space, which the PCI core virtualizes. One core uses the hardware
 * at a time, from any thread.
 */
@ConsumerType
public non-sealed interface RawHardware extends Side {
    /** The size of {@link #vga} in bytes: it ends behind the memory at bffffh. */
    long VGA_SIZE = 0xc0000;

    /**
     * Returns the registers behind a BAR, of memory or made by a model. The core checks whether the function decodes them.
     *
     * @param bar 0 to 5
     * @throws VfioException EINVAL where the function does not implement the BAR
     */
    RegionOperations bar(int bar);

    /** Returns the image behind the expansion ROM BAR, which may be smaller than {@link #romSize}; null without one. */
    RegionOperations rom();

    /** Returns the size that the expansion ROM BAR decodes, in bytes, a power of two; 0 without one. */
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
     * @throws VfioException ENOTTY where there is no such method ({@link Quirks#deviceReset}); else the errno of the failure
     */
    void resetDevice();

    /**
     * Resets every function of this function's bus, by the bus's bridge and its Secondary Bus Reset.
     *
     * @throws VfioException ENOTTY on a root bus, or where the bridge cannot
     */
    void resetBus();

    /** Tells whether {@link #resetBus} can work here. */
    boolean busResettable();

    /**
     * Returns the platform's reset methods, of {@link ResetMethod#ACPI} and {@link ResetMethod#CXL_BUS}; the core finds the
     * other methods by itself.
     */
    default Set<ResetMethod> platformResets() {
        return Set.of();
    }

    /**
     * Resets the function by the firmware, or all functions below its CXL port.
     *
     * @param method one of {@link #platformResets}
     * @throws VfioException ENOTTY where the platform has no such method; else the errno of the failure
     */
    default void resetByPlatform(ResetMethod method) {
        throw new VfioException(Errno.ENOTTY, "reset by " + method + ": the platform does not");
    }

    /**
     * Sets the listener of the function's own reports; null for none.
     *
     * @return the listener before, or null
     */
    Listener listener(Listener listener);

    /**
     * Lets the function reach memory as a bus master, while Bus Master Enable is set, which the bus checks; null takes the
     * memory away. A bus whose functions do no DMA ignores the call.
     */
    default void dma(DmaAccess memory) {
    }

    @Override
    default <T> T either(Function<? super RawHardware, ? extends T> raw, Function<? super HostFunction, ? extends T> host) {
        return raw.apply(this);
    }

    /** A listener of events that are no interrupts, on any thread: it neither blocks nor throws. */
    @ConsumerType
    interface Listener {
        /** Says that the function has reported an uncorrectable error by AER. */
        void errorDetected();

        /** Says that the function asks to leave a low-power state (PME). */
        void wakeUp();
    }

    /**
     * The quirks of a function, from the one id table that the buses ship; the cores look up no ids.
     *
     * @param intxUnusable INTx cannot be used at all: the user sees no interrupt pin
     * @param intxUnmaskable the function does not obey its INTx Disable bit, though the bit may be set
     * @param intxConnected whether the interrupt pin leads anywhere
     * @param deviceReset whether {@link #resetDevice} works
     */
    record Quirks(boolean intxUnusable, boolean intxUnmaskable, boolean intxConnected, boolean deviceReset) {
        /** A function as the specifications have it. */
        public static final Quirks NONE = new Quirks(false, false, true, false);
    }
}
