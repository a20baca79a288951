// SPDX-License-Identifier: Apache-2.0
package vfio.iommu;

import java.util.LinkedHashSet;
import java.util.Set;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.dma.DmaBuffer;
import vfio.core.dma.LockedMemory;
import vfio.core.iova.IovaRange;

/**
 * A container whose groups share one domain, as the kernel's vfio_iommu_type1. It has no IOMMU until one is set; when its
 * last group leaves, its mappings are gone and it has none again. Its locks are those of {@link AddressSpace}.
 */
final class Type1Container implements VfioContainer {
    private final IommuLock lock;
    private final IommuSettings settings;
    private final Type1Maps maps;
    private final Set<GroupDma> groups = new LinkedHashSet<>();
    /** The IOMMU type that was set, 0 for none. */
    private volatile int type;
    private volatile boolean closed;

    Type1Container(IommuLock lock, IommuSettings settings, LockedMemory limit) {
        this.lock = lock;
        this.settings = settings;
        maps = new Type1Maps(limit, settings.dmaEntryLimit());
    }

    @Override
    public int checkExtension(int extension) {
        ensureOpen("check an extension");
        return lock.exclusively(() -> {
            boolean noIommu = noIommu();
            return switch (extension) {
                case NOIOMMU -> settings.noIommu() && (groups.isEmpty() || noIommu) ? 1 : 0;
                case TYPE1, TYPE1V2, TYPE1_NESTING, UNMAP_ALL -> noIommu ? 0 : 1;
                case UPDATE_VADDR -> type != 0 && !noIommu && !hasEmulated() ? 1 : 0;
                case DMA_CC -> type != 0 && !noIommu && maps.domain.coherent() ? 1 : 0;
                default -> 0;
            };
        });
    }

    private boolean noIommu() {
        return groups.stream().anyMatch(group -> group.type() == GroupType.NO_IOMMU);
    }

    private boolean hasEmulated() {
        return groups.stream().anyMatch(group -> group.type() == GroupType.EMULATED_IOMMU);
    }

    @Override
    public void setIommu(int wanted) {
        ensureOpen("set an IOMMU");
        lock.exclusively(() -> {
            if (groups.isEmpty() || type != 0) {
                throw new VfioException(Errno.EINVAL, "set an IOMMU: " + (groups.isEmpty()
                        ? "no group is in the container; set it for a group first" : "the container has one"));
            }
            if (noIommu() ? wanted != NOIOMMU : wanted != TYPE1 && wanted != TYPE1V2 && wanted != TYPE1_NESTING) {
                throw new VfioException(Errno.ENODEV, "set IOMMU type " + wanted + ": it is not supported here");
            }
            if (wanted == TYPE1_NESTING) { // known, as to the kernel's driver, and refused when a domain is attached
                throw new VfioException(Errno.EINVAL, "set IOMMU type " + wanted + ": this IOMMU has no second stage");
            }
            attachAll();
            maps.begin(wanted == TYPE1V2);
            type = wanted;
        });
    }

    private void attachAll() {
        try {
            groups.forEach(this::attach);
        } catch (RuntimeException e) {
            groups.forEach(this::detach);
            throw e;
        }
    }

    private void attach(GroupDma group) {
        if (group.type() == GroupType.NO_IOMMU) {
            return;
        }
        if (maps.suspended() > 0) {
            throw new VfioException(Errno.EBUSY, "attach group " + group.id() + ": the memory of " + maps.suspended()
                    + " mappings is being moved; map it with VADDR first");
        }
        group.checkIsolated("attach");
        maps.space.reserve(group, group.reserved(), Errno.EINVAL);
        group.attach(maps.domain);
    }

    private void detach(GroupDma group) {
        group.attach(null);
        maps.space.unreserve(group);
    }

    /** Takes a group in; inside the {@link IommuLock}. */
    void join(GroupDma group, Object owner) {
        if (!groups.isEmpty() && noIommu() != (group.type() == GroupType.NO_IOMMU)) {
            throw new VfioException(Errno.EPERM, "set the container of group " + group.id()
                    + ": groups with and without IOMMU cannot share one; use another container");
        }
        group.claim(owner, "set the container");
        try {
            if (type != 0) {
                attach(group);
            }
            groups.add(group);
            maps.emulated(hasEmulated());
        } catch (RuntimeException e) {
            group.release();
            throw e;
        }
    }

    /** Lets a group go; inside the {@link IommuLock}. */
    void leave(GroupDma group) {
        detach(group);
        group.release();
        groups.remove(group);
        maps.emulated(hasEmulated());
        if (groups.isEmpty()) {
            type = 0;
            maps.end();
        }
    }

    /** Tells whether devices of the container's groups may be opened. */
    boolean ready() {
        return type != 0;
    }

    boolean closed() {
        return closed;
    }

    @Override
    public IommuInfo info() {
        ensureIommu("get IOMMU info");
        return new IommuInfo(IommuInfo.PGSIZES | IommuInfo.CAPS, IommuInfo.PAGE_SIZES, maps.space.usable(),
                new IommuInfo.Migration(IovaRange.PAGE, VfioBitmap.LARGEST), maps.available());
    }

    @Override
    public void map(int flags, DmaBuffer buffer, long offset, long iova, long size) {
        ensureIommu("map");
        maps.map(flags, buffer, offset, iova, size);
    }

    @Override
    public long unmap(int flags, long iova, long size, VfioBitmap bitmap) {
        ensureIommu("unmap");
        return maps.unmap(flags, iova, size, bitmap);
    }

    @Override
    public void dirtyPages(int flags, long iova, long size, VfioBitmap bitmap) {
        ensureIommu("track dirty pages");
        maps.dirtyPages(flags, iova, size, bitmap);
    }

    private void ensureOpen(String act) {
        if (closed) {
            throw new VfioException(Errno.EBADF, act + ": the container is closed; open another");
        }
    }

    private void ensureIommu(String act) {
        ensureOpen(act);
        if (type == 0) {
            throw new VfioException(Errno.EINVAL, act + ": the container has no IOMMU; set its type first");
        }
        if (type == NOIOMMU) {
            throw new VfioException(Errno.ENOTTY, act + ": the container is one without IOMMU, and translates nothing");
        }
    }

    @Override
    public void close() {
        closed = true;
    }
}
