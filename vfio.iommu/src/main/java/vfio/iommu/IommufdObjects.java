// SPDX-License-Identifier: Apache-2.0
package vfio.iommu;

import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import vfio.core.Errno;
import vfio.core.VfioException;

/** The objects of an {@link Iommufd}, by ids from 1 on that are never used again; under the {@link IommuLock}. */
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

    /** Removes all objects; each is given to {@code last} before. */
    void removeAll(Consumer<Object> last) {
        List.copyOf(objects.values()).forEach(last);
        objects.clear();
    }

    /** @throws VfioException ENOENT where there is none of this id and kind */
    <T> T get(int id, Class<T> kind, String act) {
        Object found = objects.get(id);
        if (!kind.isInstance(found)) {
            throw refused(Errno.ENOENT, act, "object " + id + (found == null ? " does not exist" : " is of another kind"));
        }
        return kind.cast(found);
    }

    /** Returns the id of a device of a group; empty where the device is not bound. */
    OptionalInt deviceId(GroupDma group, String name) {
        return boundOf(group).filter(device -> device.name().equals(name)).mapToInt(BoundDevice::id).findFirst();
    }

    /** Tells whether any device of a group is bound. */
    boolean owns(GroupDma group) {
        return boundOf(group).findAny().isPresent();
    }

    private Stream<BoundDevice> boundOf(GroupDma group) {
        return objects.values().stream().filter(BoundDevice.class::isInstance).map(BoundDevice.class::cast)
                .filter(device -> device.group() == group);
    }

    /** Makes a page table. */
    PageTable addTable(Ioas ioas, boolean automatic, boolean tracks) {
        PageTable table = new PageTable(nextId(), ioas, automatic, tracks, this::dispose);
        add(table.id, table);
        return table;
    }

    private void dispose(PageTable table) {
        table.destroy();
        remove(table.id);
    }

    /**
     * Returns the page table that an attach to an object means: the page table itself, or that of an IOAS, made where the
     * IOAS has none yet.
     *
     * @throws VfioException ENOENT where there is none of this id; EINVAL for an object of another kind
     */
    PageTable tableFor(int id, String act) {
        Object target = objects.get(id);
        if (target instanceof PageTable table) {
            return table;
        }
        if (target instanceof Ioas ioas) {
            return objects.values().stream()
                    .filter(one -> one instanceof PageTable table && table.automaticOf(ioas))
                    .map(PageTable.class::cast).findFirst().orElseGet(() -> addTable(ioas, true, false));
        }
        throw refused(target == null ? Errno.ENOENT : Errno.EINVAL, act, "object " + id
                + (target == null ? " does not exist" : " is neither an IOAS nor a page table"));
    }

    /** Makes the refusal of a call of an iommufd. */
    static VfioException refused(Errno errno, String act, String why) {
        return new VfioException(errno, act + " of an iommufd: " + why);
    }
}
