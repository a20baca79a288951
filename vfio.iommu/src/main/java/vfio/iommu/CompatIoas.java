// SPDX-License-Identifier: Apache-2.0
package vfio.iommu;

import static vfio.iommu.VfioContainer.DMA_CC;
import static vfio.iommu.VfioContainer.MAP_READ;
import static vfio.iommu.VfioContainer.MAP_WRITE;
import static vfio.iommu.VfioContainer.NOIOMMU;
import static vfio.iommu.VfioContainer.TYPE1;
import static vfio.iommu.VfioContainer.TYPE1V2;
import static vfio.iommu.VfioContainer.UNMAP_ALL;
import static vfio.iommu.VfioContainer.UNMAP_ALL_FLAG;

import java.util.function.Supplier;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.dma.DmaBuffer;

/** An iommufd as a container: the IOAS that a container's calls go to, and how they differ (iommufd's vfio_compat.c). */
final class CompatIoas {
    private final Supplier<Ioas> allocation;
    private final IommuSettings settings;
    private volatile Ioas current;
    private volatile boolean noIommu;

    /** @param allocation makes an IOAS of the iommufd */
    CompatIoas(Supplier<Ioas> allocation, IommuSettings settings) {
        this.allocation = allocation;
        this.settings = settings;
    }

    /** For a group that takes the iommufd as its container. */
    void create(boolean withoutIommu) {
        if (withoutIommu ? current != null : noIommu) {
            throw refused(Errno.EINVAL, "set the container", "groups with and without IOMMU cannot share one");
        }
        noIommu = withoutIommu;
        if (!withoutIommu && current == null) {
            current = allocation.get();
        }
    }

    /** A device without IOMMU is opened: its user must not expect a translation. */
    void refuseTranslation(String act) {
        if (current != null) {
            throw refused(Errno.EPERM, act, "the device has no IOMMU, and an IOAS is set");
        }
    }

    /** @throws VfioException ENODEV where none is set */
    Ioas ioas(String act) {
        Ioas set = current;
        if (set == null) {
            throw refused(Errno.ENODEV, act, "no IOAS is set for the calls of a container");
        }
        return set;
    }

    void set(Ioas ioas) {
        current = ioas;
    }

    void forget(Ioas ioas) {
        if (current == ioas) {
            current = null;
        }
    }

    int checkExtension(int extension) {
        return switch (extension) {
            case TYPE1, TYPE1V2, UNMAP_ALL -> noIommu ? 0 : 1;
            case NOIOMMU -> settings.noIommu() ? 1 : 0;
            case DMA_CC -> ioas("check an extension").space().domains().stream().allMatch(Domain::coherent) ? 1 : 0;
            default -> 0;
        };
    }

    void setIommu(int type) {
        if (noIommu && type == NOIOMMU) {
            return;
        }
        if (noIommu || type != TYPE1 && type != TYPE1V2) {
            throw refused(Errno.EINVAL, "set IOMMU type " + type, "an iommufd stands in for types 1 and 3");
        }
        Ioas ioas = ioas("set an IOMMU");
        if (type == TYPE1) {
            ioas.maps().largePages(false);
        }
    }

    IommuInfo info() {
        return new IommuInfo(IommuInfo.PGSIZES | IommuInfo.CAPS, IommuInfo.PAGE_SIZES, ioas("get info").iovaRanges(), null,
                0xffff_ffffL);
    }

    void map(int flags, DmaBuffer buffer, long offset, long iova, long size) {
        if ((flags & ~(MAP_READ | MAP_WRITE)) != 0) {
            throw refused(Errno.EINVAL, "map", "flags are READ and WRITE");
        }
        Ioas ioas = ioas("map");
        if (Long.compareUnsigned(offset + size, offset) < 0) {
            throw refused(Errno.EOVERFLOW, "map", "the range runs past the last address");
        }
        ioas.maps().insert(flags, true, buffer, offset, size, iova);
    }

    long unmap(int flags, long iova, long size) {
        if ((flags & ~UNMAP_ALL_FLAG) != 0) {
            throw refused(Errno.EINVAL, "unmap", "the only flag is ALL");
        }
        Ioas ioas = ioas("unmap");
        if (flags == 0) {
            return ioas.maps().unmap(iova, size);
        }
        if (iova != 0 || size != 0) {
            throw refused(Errno.EINVAL, "unmap all", "iova and size must be 0");
        }
        return ioas.maps().clear();
    }

    private static VfioException refused(Errno errno, String act, String why) {
        return new VfioException(errno, act + " through an iommufd: " + why);
    }
}
