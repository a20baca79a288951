// SPDX-License-Identifier: Apache-2.0
package vfio.iommu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.function.Executable;
import vfio.core.Errno;
import vfio.core.VfioException;

/** That something is refused, and how. */
final class Refusals {
    private Refusals() {
    }

    static void refused(Errno errno, Executable act) {
        VfioException thrown = assertThrows(VfioException.class, act);
        assertEquals(errno, thrown.errno(), thrown.getMessage());
    }
}
