// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.guard;

import java.nio.file.Path;
import java.util.function.Predicate;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.os.Kernel;

/** Tells whether a block device is open exclusively, by opening it so and closing it at once: a second such open is EBUSY. */
final class ExclusiveOpen implements Predicate<Path> {
    private static final int O_EXCL = 0x80;

    @Override
    public boolean test(Path node) {
        try {
            Kernel.host().open(node.toString(), Kernel.READ_ONLY | Kernel.NONBLOCK | O_EXCL).close();
            return false;
        } catch (VfioException e) {
            return e.errno() == Errno.EBUSY;
        }
    }
}
