// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core;

import org.osgi.annotation.versioning.ConsumerType;
import vfio.core.device.DriverState;

/**
 * A driver that uses the function itself, as a PF's driver does: an open of the function as a VFIO device answers EBUSY.
 *
 * <p>What it makes is the core's: {@link VfioPciDevice#bar}, {@link VfioPciDevice#dma}, {@link VfioPciDevice#msix} and
 * {@link VfioPciDevice#offer}. So the next version of the driver finds the function at work: memory is mapped, messages are
 * wired, and consumers have their service. Each call comes on the worker of the driver's bundle; calls of services come on
 * their consumers' threads, and interrupts on the function's.
 */
@ConsumerType
public non-sealed interface PciFunctionOwner extends PciBinding {
    /** The service property of an offered service: the address of the function whose owner offers it. */
    String FUNCTION = "vfio.pci.function";

    /**
     * Begins to use the function, which has had no driver: after {@code probe}, and in place of {@link #takeOver}. An
     * exception refuses the bind, and must leave no thread behind; hardware, memory and services are the core's to end.
     */
    default void start() {
    }

    /** Ends the use of the function, which still works; its services have ended. {@link #remove} comes next. */
    default void stop() {
    }

    /**
     * Hands the function over to the next version of the driver. No service is called and no interrupt is given until
     * {@link #stay} or {@link #handedOver}, and threads of the driver's own must be quiet until then. Function, memory and
     * messages stay as they are.
     *
     * @param version the version of the state that the next driver reads, one of those that this driver writes
     * @return what the next version needs to go on
     */
    default DriverState handOver(int version) {
        return DriverState.none();
    }

    /**
     * Takes the function over from the version of before, in place of {@link #start}: asks for all that the version of before
     * has, by the same names, and goes on with it. An exception leaves the function to the version of before.
     */
    default void takeOver(DriverState state) {
        start();
    }

    /** Goes on as before {@link #handOver}: the exchange was called off. */
    default void stay() {
    }

    /**
     * Lets go of threads, without touching the function: another version has it, the next one after {@link #handOver}, that
     * of before where the exchange was called off after {@link #takeOver}. Comes in place of {@link #stop}.
     */
    default void handedOver() {
    }

    /** Tells whether this version works, asked now and then after {@link #takeOver}: one that does not is undone. */
    default boolean healthy() {
        return true;
    }
}
