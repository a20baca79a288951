// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.bus;

import java.util.Optional;
import java.util.function.Function;
import vfio.pci.core.bus.PciBus.Virtualization;

/**
 * The side of a function by which it is used: raw hardware, which the core virtualizes, or a host that virtualizes it
 * already. What one kind can do cannot be asked of the other.
 */
public sealed interface Side permits RawHardware, HostFunction {

    /** Answers by the function for the kind that this side is. */
    <T> T either(Function<? super RawHardware, ? extends T> raw, Function<? super HostFunction, ? extends T> host);

    /** Returns the raw hardware; empty where a host virtualizes it. */
    default Optional<RawHardware> raw() {
        return either(Optional::of, host -> Optional.empty());
    }

    /** Returns the kind as a bus says it of all its functions. */
    default Virtualization virtualization() {
        return either(raw -> Virtualization.RAW, host -> Virtualization.HOST);
    }
}
