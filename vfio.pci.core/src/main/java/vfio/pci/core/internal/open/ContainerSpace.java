// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.open;

import java.util.List;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.dma.DmaBuffer;
import vfio.core.dma.DmaSpace;
import vfio.core.iova.IovaRange;
import vfio.iommu.VfioContainer;

/** The address space of the functions that one user has of a group: a container of the core's own. */
record ContainerSpace(VfioContainer container) implements DmaSpace {

    @Override
    public List<IovaRange> usable() {
        return container.info().ranges();
    }

    @Override
    public long alignment() {
        return Long.lowestOneBit(container.info().pageSizes());
    }

    @Override
    public void map(DmaBuffer buffer, long offset, long size, long iova, int access) {
        container.map(access, buffer, offset, iova, size);
    }

    @Override
    public void unmap(long iova, long size) {
        if (container.unmap(iova, size) == 0) {
            throw new VfioException(Errno.ENOENT, "unmap 0x" + Long.toHexString(iova) + ": nothing is mapped there");
        }
    }
}
