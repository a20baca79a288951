// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.device;

import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import vfio.hardware.linux.device.HostDevices.Access;

/** The same by its character device and iommufd, which Debian's kernel does not have. */
@EnabledIfSystemProperty(named = "guest.kernel", matches = "iommufd")
class EduByCdevTest extends EduTest {
    @Override
    Access access() {
        return Access.CDEV;
    }
}
