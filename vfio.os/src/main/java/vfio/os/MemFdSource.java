// SPDX-License-Identifier: Apache-2.0
package vfio.os;

import org.osgi.service.component.annotations.Component;
import vfio.core.SharedMemory;

/** Memory for devices that other processes can share. Where the kernel cannot be called there is no such service. */
@Component(service = SharedMemory.Source.class, property = "service.ranking:Integer=100")
public final class MemFdSource implements SharedMemory.Source {
    private final Kernel kernel = Kernel.host();

    @Override
    public SharedMemory allocate(String name, long size) {
        return kernel.memory(name, size);
    }
}
