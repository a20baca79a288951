// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.binding;

import java.nio.file.Path;
import java.util.Optional;
import vfio.core.VfioException;
import vfio.pci.core.id.PciAddress;

/**
 * The acts on the host in which the kernel may wait for other processes without end. This process never does them itself,
 * since it would wait too and could not be ended.
 */
public interface Outside {

    /**
     * Writes an attribute of sysfs.
     *
     * @param function that is changed
     * @throws VfioException the kernel's errno; ETIMEDOUT where the write goes on, see {@link #waiting}
     */
    void write(PciAddress function, Path attribute, String text);

    /**
     * Loads a module of the kernel, and what it needs.
     *
     * @throws VfioException ENOENT where there is no such module, or the kernel's errno
     */
    void load(String module);

    /** Returns a sentence about an earlier write for a function from which the kernel has not come back; empty for none. */
    Optional<String> waiting(PciAddress function);
}
