// SPDX-License-Identifier: Apache-2.0
package vfio.iommu;

import static vfio.iommu.IommufdObjects.refused;

import java.util.function.Supplier;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.dma.DmaBuffer;
import vfio.core.dma.LockedMemory;

/**
 * An iommufd, as the kernel's: a user's address spaces, page tables and bound devices, by id. It is also a container for
 * groups, whose calls then go to one of the address spaces. Its user closes it; objects stay until devices and groups leave.
 *
 * <p>Every call answers EBADF once closed, and ENOENT for an id that does not exist.
 */
public final class Iommufd implements VfioContainer {
    /** Of {@link #allocatePageTable}: written pages can be tracked. */
    public static final int DIRTY_TRACKING = 2;
    /** Of {@link #setDirtyTracking}. */
    public static final int DIRTY_TRACKING_ENABLE = 1;
    /** Of {@link #getDirtyBitmap}: leave the marks. */
    public static final int NO_CLEAR = 1;
    /** Of {@link #option}: 1 where memory is accounted by process; for no object. */
    public static final int OPTION_RLIMIT_MODE = IommufdOptions.RLIMIT_MODE;
    /** Of {@link #option}: 1 where an IOAS may use large pages. */
    public static final int OPTION_HUGE_PAGES = IommufdOptions.HUGE_PAGES;

    private final IommuLock lock;
    private final LockedMemory limit;
    private final CompatIoas compat;
    private final IommufdObjects objects = new IommufdObjects();
    private final IommufdOptions options = new IommufdOptions(objects);
    private int users;
    private volatile boolean closed;

    Iommufd(IommuLock lock, IommuSettings settings, LockedMemory limit) {
        this.lock = lock;
        this.limit = limit;
        compat = new CompatIoas(this::allocateIoas, settings);
    }

    CompatIoas compat() {
        return compat;
    }

    boolean closed() {
        return closed;
    }

    /** Makes an address space (IOAS_ALLOC). */
    public Ioas allocateIoas() {
        return locked("allocate an IOAS", () -> {
            Ioas ioas = new Ioas(objects.nextId(), limit);
            objects.add(ioas.id(), ioas);
            return ioas;
        });
    }

    /**
     * Returns the IOAS of an id.
     *
     * @throws VfioException ENOENT where there is none, or it is another object
     */
    public Ioas ioas(int id) {
        return locked("find an IOAS", () -> objects.get(id, Ioas.class, "find an IOAS"));
    }

    /**
     * Makes a page table of an IOAS, apart from the one that an attach makes (HWPT_ALLOC).
     *
     * @param flags 0 or {@link #DIRTY_TRACKING}
     * @param device id of a bound device that will use it
     * @return its id
     * @throws VfioException EOPNOTSUPP for another flag, or to track what the device writes elsewhere; ENOENT
     */
    public int allocatePageTable(int flags, int device, int ioas) {
        String act = "allocate a page table";
        return locked(act, () -> {
            if ((flags & ~DIRTY_TRACKING) != 0) {
                throw refused(Errno.EOPNOTSUPP, act, "flags " + Integer.toHexString(flags) + " are not all supported");
            }
            objects.get(device, BoundDevice.class, act);
            return objects.addTable(objects.get(ioas, Ioas.class, act), false, flags != 0).id;
        });
    }

    /**
     * Starts or stops the tracking of written pages; earlier marks are dropped (HWPT_SET_DIRTY_TRACKING).
     *
     * @param flags 0 or {@link #DIRTY_TRACKING_ENABLE}
     * @throws VfioException EOPNOTSUPP for another flag, or a page table that was not made for it
     */
    public void setDirtyTracking(int pageTable, int flags) {
        String act = "track dirty pages";
        run(act, () -> {
            PageTable table = flags >> 1 == 0 ? objects.get(pageTable, PageTable.class, act) : null;
            if (table == null || !table.tracks) {
                throw refused(Errno.EOPNOTSUPP, act, table == null ? "the only flag is ENABLE"
                        : "page table " + pageTable + " was not made for it; allocate one with DIRTY_TRACKING");
            }
            table.domain.track(flags != 0);
        });
    }

    /**
     * Sets the bits of pages written since the last time; others stay as they are (HWPT_GET_DIRTY_BITMAP).
     *
     * @param flags 0 or {@link #NO_CLEAR}
     * @throws VfioException EOPNOTSUPP for another flag; EINVAL for length 0, alignment, a range that is not mapped
     *     without a hole, or while tracking is off; EOVERFLOW past the last address; EFAULT for a bitmap that is too small
     */
    public void getDirtyBitmap(int pageTable, int flags, long iova, long length, VfioBitmap bitmap) {
        String act = "get dirty pages";
        if ((flags & ~NO_CLEAR) != 0) {
            throw refused(Errno.EOPNOTSUPP, act, "the only flag is NO_CLEAR");
        }
        PageTable table = locked(act, () -> objects.get(pageTable, PageTable.class, act));
        table.ioas.maps().readDirty(table.domain, flags == 0, iova, length, bitmap);
    }

    /**
     * Sets an option (IOMMU_OPTION with SET).
     *
     * @throws VfioException EOPNOTSUPP for an unknown option or object; EINVAL for a value that is neither 0 nor 1, or large
     *     pages while something is mapped; EBUSY for the accounting once there are objects
     */
    public void option(int option, int object, long value) {
        run("set an option", () -> options.set(option, object, value));
    }

    /**
     * Returns the value of an option (IOMMU_OPTION with GET).
     *
     * @throws VfioException EOPNOTSUPP for an unknown option or object
     */
    public long option(int option, int object) {
        return locked("get an option", () -> options.get(option, object));
    }

    /**
     * Returns the id of the IOAS that a container's calls go to (VFIO_IOAS with GET).
     *
     * @throws VfioException ENODEV where none is set
     */
    public int compatIoas() {
        return locked("get the IOAS of containers", () -> compat.ioas("get the IOAS of containers").id());
    }

    /** Sets the IOAS that a container's calls go to (VFIO_IOAS with SET). */
    public void compatIoas(int id) {
        String act = "set the IOAS of containers";
        run(act, () -> compat.set(objects.get(id, Ioas.class, act)));
    }

    /** Leaves a container's calls without an IOAS (VFIO_IOAS with CLEAR). */
    public void clearCompatIoas() {
        run("clear the IOAS of containers", () -> compat.set(null));
    }

    /**
     * Destroys an object (IOMMU_DESTROY).
     *
     * @throws VfioException EBUSY where a page table, a device or a group uses it
     */
    public void destroy(int id) {
        String act = "destroy object " + id;
        run(act, () -> {
            Object object = objects.get(id, Object.class, act);
            boolean used = object instanceof Ioas ioas ? !ioas.space().domains().isEmpty()
                    : !(object instanceof PageTable table) || table.used();
            if (used) {
                throw refused(Errno.EBUSY, act, "it is in use; detach and close what uses it");
            }
            remove(object);
            objects.remove(id);
        });
    }

    private void remove(Object object) {
        if (object instanceof PageTable table) {
            table.destroy();
        } else if (object instanceof Ioas ioas) {
            compat.forget(ioas);
            ioas.maps().destroy();
        }
    }

    /**
     * Takes a device, and its group's DMA.
     *
     * @throws VfioException as {@link GroupDma#claim}; EPERM where interrupts are not isolated
     */
    BoundDevice bind(GroupAttachment attachment, GroupMember member, String act) {
        GroupDma group = attachment.group();
        group.claim(this, act);
        try {
            group.checkIsolated(act);
        } catch (RuntimeException e) {
            group.release();
            throw e;
        }
        BoundDevice device = new BoundDevice(objects, attachment, member.name(), this::letGo);
        objects.add(device.id(), device);
        hold();
        return device;
    }

    /** Counts a user, for whom the objects stay when the iommufd is closed. */
    void hold() {
        users++;
    }

    /** Undoes one {@link #hold}. */
    void letGo() {
        users--;
        destroyIfUnused();
    }

    private void destroyIfUnused() {
        if (closed && users == 0) {
            objects.removeAll(this::remove);
        }
    }

    @Override
    public int checkExtension(int extension) {
        return locked("check an extension", () -> compat.checkExtension(extension));
    }

    @Override
    public void setIommu(int type) {
        run("set an IOMMU", () -> compat.setIommu(type));
    }

    @Override
    public IommuInfo info() {
        ensureOpen("get IOMMU info");
        return compat.info();
    }

    @Override
    public void map(int flags, DmaBuffer buffer, long offset, long iova, long size) {
        ensureOpen("map");
        compat.map(flags, buffer, offset, iova, size);
    }

    @Override
    public long unmap(int flags, long iova, long size, VfioBitmap bitmap) {
        ensureOpen("unmap");
        return compat.unmap(flags, iova, size);
    }

    @Override
    public void dirtyPages(int flags, long iova, long size, VfioBitmap bitmap) {
        throw refused(Errno.ENOTTY, "track dirty pages", "it has that for page tables only");
    }

    private void run(String act, Runnable work) {
        locked(act, () -> {
            work.run();
            return null;
        });
    }

    private <T> T locked(String act, Supplier<T> work) {
        return lock.exclusively(() -> {
            ensureOpen(act);
            return work.get();
        });
    }

    private void ensureOpen(String act) {
        if (closed) {
            throw refused(Errno.EBADF, act, "it is closed; open another");
        }
    }

    @Override
    public void close() {
        lock.exclusively(() -> {
            if (!closed) {
                closed = true;
                destroyIfUnused();
            }
        });
    }
}
