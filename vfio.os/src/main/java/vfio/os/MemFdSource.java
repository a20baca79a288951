// SPDX-License-Identifier: Apache-2.0
package vfio.os;

import org.osgi.service.component.annotations.Component;
import vfio.core.SharedMemory;
import vfio.core.VfioException;

/**
 * Memory for devices that other processes can share. It is a service on each Linux that is known; the library for calls is
 * loaded with the first memory, since most daemons never need any.
 */
@Component(service = SharedMemory.Source.class, property = "service.ranking:Integer=100")
public final class MemFdSource implements SharedMemory.Source {

    /** @throws VfioException EOPNOTSUPP on another system: then there is no such service */
    public MemFdSource() {
        Architecture.here();
    }

    @Override
    public SharedMemory allocate(String name, long size) {
        return Kernel.host().memory(name, size);
    }
}
