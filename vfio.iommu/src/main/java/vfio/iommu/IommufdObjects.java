// SPDX-License-Identifier: Apache-2.0
package vfio.iommu;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import vfio.core.Errno;

/** What an {@link Iommufd} holds, by ids from 1 on that are never used again; under the {@link Iommu}'s lock. */
final class IommufdObjects {
    private final Map<Integer, Object> objects = new TreeMap<>();
    private int lastId;

    int nextId() {
        return ++lastId;
    }

    void add(int id, Object object) {
        objects.put(id, object);
    }

    void remove(int id) {
        objects.remove(id);
    }

    boolean isEmpty() {
        return objects.isEmpty();
    }

    void removeAll(Consumer<Object> last) {
        List.copyOf(objects.values()).forEach(last);
        objects.clear();
    }

    /** @throws vfio.core.VfioException ENOENT where there is none of this id and kind */
    <T> T get(int id, Class<T> kind, String act) {
        Object found = objects.get(id);
        if (!kind.isInstance(found)) {
            throw Iommufd.refused(Errno.ENOENT, act, "object " + id + (found == null ? " does not exist"
                    : " is of another kind"));
        }
        return kind.cast(found);
    }

    /**
     * How a device of a group stands to this: its id here, {@link DirectHandle#OWNED} where only the group is held here,
     * else {@link DirectHandle#NOT_OWNED} (vfio_iommufd_get_dev_id, drivers/vfio/iommufd.c).
     */
    int deviceId(IommuGroup group, String name) {
        int id = DirectHandle.NOT_OWNED;
        for (Object object : objects.values()) {
            if (object instanceof BoundDevice device && device.group() == group) {
                if (device.name().equals(name)) {
                    return device.id();
                }
                id = DirectHandle.OWNED;
            }
        }
        return id;
    }

    PageTable addTable(Ioas ioas, boolean automatic, boolean tracks) {
        PageTable table = new PageTable(nextId(), ioas, automatic, tracks);
        add(table.id, table);
        return table;
    }

    /** What an attach to an object means: the page table itself, or that of an IOAS, made where it has none yet. */
    PageTable tableFor(int id, String act) {
        Object target = objects.get(id);
        if (target instanceof PageTable table) {
            return table;
        }
        if (target instanceof Ioas ioas) {
            return objects.values().stream()
                    .filter(one -> one instanceof PageTable table && table.automatic && table.ioas == ioas)
                    .map(PageTable.class::cast).findFirst().orElseGet(() -> addTable(ioas, true, false));
        }
        throw Iommufd.refused(target == null ? Errno.ENOENT : Errno.EINVAL, act, "object " + id
                + (target == null ? " does not exist" : " is neither an IOAS nor a page table"));
    }
}
