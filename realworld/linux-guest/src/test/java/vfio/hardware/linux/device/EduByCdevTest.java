// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.device;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import vfio.core.Errno;
import vfio.hardware.linux.device.HostDevices.Access;

/** The same by its character device and iommufd, which Debian's kernel does not have. */
@EnabledIfSystemProperty(named = "guest.kernel", matches = "iommufd")
class EduByCdevTest extends EduTest {
    @Override
    Access access() {
        return Access.CDEV;
    }

    /** Address spaces keep no log. */
    @Test
    @Override
    void pagesThatTheDeviceMayHaveWrittenAreDirty() {
        assertEquals(Errno.EOPNOTSUPP, errno(() -> device.dma().logDirtyPages(true)));
        assertEquals(Errno.EOPNOTSUPP, errno(() -> device.dma().dirtyPages(0, 4096)));
    }
}
