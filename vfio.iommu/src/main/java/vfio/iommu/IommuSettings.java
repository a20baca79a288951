// SPDX-License-Identifier: Apache-2.0
package vfio.iommu;

import java.util.function.Predicate;
import vfio.core.device.VfioUser;

/**
 * The settings of an {@link Iommu}: what its operator allows.
 *
 * @param unsafeInterrupts devices whose interrupt messages are not isolated may be attached
 * @param noIommu groups without IOMMU may exist
 * @param dmaEntryLimit mappings of one container, the kernel's {@code dma_entry_limit}
 * @param rawIo who may open a group without IOMMU, as CAP_SYS_RAWIO does
 */
record IommuSettings(boolean unsafeInterrupts, boolean noIommu, int dmaEntryLimit, Predicate<VfioUser> rawIo) {
    /** The kernel's defaults: nothing unsafe, 65535 mappings. */
    static final IommuSettings USUAL = new IommuSettings(false, false, 65_535, user -> false);
}
