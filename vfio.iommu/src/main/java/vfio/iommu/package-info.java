// SPDX-License-Identifier: Apache-2.0
/**
 * DMA of devices without hardware of their own: groups, containers, address spaces and the translation between, as in the
 * kernel's vfio_iommu_type1 and iommufd.
 */
@Export
@Version("0.1.0")
package vfio.iommu;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
