// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.binding;

import java.nio.file.Path;
import java.util.Optional;
import vfio.core.VfioException;
import vfio.pci.core.id.PciAddress;

/**
 * Acts on the host that its kernel may let wait for others without end: never done by this process itself, which would wait
 * too and could not be ended.
 */
public interface Outside {

    /**
     * Writes an attribute of sysfs.
     *
     * @param function whose change it is
     * @throws VfioException the kernel's errno; ETIMEDOUT where the write goes on, see {@link #waiting}
     */
    void write(PciAddress function, Path attribute, String text);

    /**
     * Loads a module of the kernel, and what it needs.
     *
     * @throws VfioException ENOENT where there is no such module, or the kernel's errno
     */
    void load(String module);

    /** What of an earlier write for a function the kernel has not come back from. */
    Optional<String> waiting(PciAddress function);
}
