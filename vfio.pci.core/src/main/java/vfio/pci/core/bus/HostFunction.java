// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.bus;

import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import org.osgi.annotation.versioning.ConsumerType;
import vfio.core.VfioException;

/** A function of a HOST bus as its host has it: opened there, and virtualized there. */
@ConsumerType
@FunctionalInterface
public non-sealed interface HostFunction extends Side {

    /**
     * Opens the function.
     *
     * @param vfToken the VF token that users of a PF and of its VFs share, or that the PF's user sets
     * @throws VfioException EINVAL where a token is given and the other side takes none; EACCES where the token is missing or
     *     wrong; else the other side's errno
     */
    HostDevice open(Optional<UUID> vfToken);

    @Override
    default <T> T either(Function<? super RawHardware, ? extends T> raw, Function<? super HostFunction, ? extends T> host) {
        return host.apply(this);
    }
}
