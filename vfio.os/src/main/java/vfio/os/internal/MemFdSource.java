// SPDX-License-Identifier: Apache-2.0
package vfio.os.internal;

import org.osgi.service.component.annotations.Component;
import vfio.core.SharedMemory;
import vfio.core.VfioException;
import vfio.os.Kernel;
import vfio.os.internal.libc.Architecture;

/**
 * The source of memory for devices that other processes can map: a memfd each. It is a service on every Linux that
 * {@link Architecture} knows. The native library is loaded with the first memory, since most daemons need none.
 */
@Component(service = SharedMemory.Source.class, property = "service.ranking:Integer=100")
public final class MemFdSource implements SharedMemory.Source {

    /**
     * Makes the source.
     *
     * @throws VfioException EOPNOTSUPP on another system, where the service then is not there
     */
    public MemFdSource() {
        Architecture.here();
    }

    @Override
    public SharedMemory allocate(String name, long size) {
        return Kernel.host().memory(name, size);
    }
}
