// SPDX-License-Identifier: Apache-2.0
package vfio.iommu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.lifecycle.AfterTry;
import net.jqwik.api.lifecycle.BeforeTry;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.dma.DmaBuffer;
import vfio.core.dma.LockedMemory;
import vfio.core.iova.IovaRange;

/** Random map, copy, unmap and access against a model that has an entry for each page. */
class AddressSpaceModelTest {
    private static final long P = 4096;
    private static final int STEPS = 10_000;
    private static final int PAGES = 48;
    private static final int MEMORY = 64;
    /** The last pages of all, and some around the MSI window, are in play as well as the first. */
    private static final long[] BASES = {0, 0xfee0_0000L - 16 * P, -PAGES * P};

    /** What a page of addresses stands for. */
    private record Page(long mapping, long memoryPage, int permissions, boolean writable) {
    }

    private final Random random = new Random();
    private LockedMemory limit;
    private TestMember lamp;
    private DmaBuffer buffer;
    private DirectHandle direct;
    private Ioas[] spaces;
    private List<Map<Long, Page>> models;
    private long mappings;
    private int attached;

    @BeforeTry
    void begin() {
        limit = LockedMemory.unlimited();
        lamp = new TestMember("lamp0");
        buffer = OwnedMemory.buffer(MEMORY * P);
        models = List.of(new HashMap<>(), new HashMap<>());
        attached = 0;
        Iommu iommu = new Iommu(IommuSettings.USUAL);
        Iommufd iommufd = iommu.openIommufd(limit);
        spaces = new Ioas[] {iommufd.allocateIoas(), iommufd.allocateIoas()};
        direct = iommu.add(1, GroupType.IOMMU, lamp).openDirect("lamp0", TestMember.USER);
        direct.bind(iommufd, 0);
        direct.attach(spaces[0].id());
    }

    @AfterTry
    void end() {
        lamp.close();
    }

    @Property(tries = 3)
    void agreesWithTheModel(@ForAll long seed) {
        random.setSeed(seed);
        for (int step = 0; step < STEPS; step++) {
            switch (random.nextInt(10)) {
                case 0, 1, 2 -> map();
                case 3 -> copy();
                case 4, 5 -> unmap();
                case 6 -> change();
                default -> access();
            }
        }
        spaces[0].unmap(0, -1L);
        spaces[1].unmap(0, -1L);
        assertEquals(0, buffer.mappings());
        assertEquals(0, limit.locked());
    }

    /** An address space that has something in the MSI window takes no device. */
    private void change() {
        int next = 1 - attached;
        boolean taken = models.get(next).keySet().stream()
                .anyMatch(iova -> IovaRange.MSI_WINDOW.overlaps(iova, iova + P - 1));
        assertEquals(taken ? Errno.EADDRINUSE : null, outcome(() -> direct.attach(spaces[next].id())));
        attached = taken ? attached : next;
    }

    private long page() {
        return BASES[random.nextInt(BASES.length)] + random.nextInt(PAGES) * P;
    }

    /** Both know the MSI window of the attached space only; reserved follows the device. */
    private boolean reserved(int space, long iova) {
        return space == attached && IovaRange.MSI_WINDOW.overlaps(iova, iova + P - 1);
    }

    private Errno refusal(int space, long iova, long pages) {
        if (Long.compareUnsigned(iova + pages * P - 1, iova) < 0) {
            return Errno.EOVERFLOW;
        }
        for (long i = 0; i < pages; i++) {
            if (reserved(space, iova + i * P)) {
                return Errno.EINVAL;
            }
        }
        for (long i = 0; i < pages; i++) {
            if (models.get(space).containsKey(iova + i * P)) {
                return Errno.EEXIST;
            }
        }
        return null;
    }

    private static Errno outcome(Runnable act) {
        try {
            act.run();
            return null;
        } catch (VfioException e) {
            return e.errno();
        }
    }

    private void map() {
        int space = random.nextInt(2);
        long iova = page();
        long pages = 1 + random.nextInt(6);
        long from = random.nextInt(MEMORY - 6);
        int flags = (1 + random.nextInt(3)) * 2;
        Errno expected = refusal(space, iova, pages);
        assertEquals(expected, outcome(() -> spaces[space].map(flags | Ioas.FIXED_IOVA, buffer, from * P, pages * P, iova)));
        if (expected == null) {
            mappings++;
            int permissions = ((flags & Ioas.READABLE) != 0 ? Area.READ : 0)
                    | ((flags & Ioas.WRITEABLE) != 0 ? Area.WRITE : 0);
            for (long i = 0; i < pages; i++) {
                models.get(space).put(iova + i * P, new Page(mappings, from + i, permissions,
                        (permissions & Area.WRITE) != 0));
            }
        }
    }

    private void copy() {
        int from = random.nextInt(2);
        int to = random.nextInt(2);
        long source = page();
        long iova = page();
        long pages = 1 + random.nextInt(8);
        int flags = random.nextBoolean() ? Ioas.READABLE : Ioas.READABLE | Ioas.WRITEABLE;
        Errno expected = copyRefusal(from, to, source, iova, pages, flags);
        assertEquals(expected, outcome(
                () -> spaces[to].copy(flags | Ioas.FIXED_IOVA, spaces[from], source, pages * P, iova)));
        if (expected == null) {
            long mapping = 0;
            Map<Long, Page> copied = new HashMap<>();
            for (long i = 0; i < pages; i++) {
                Page page = models.get(from).get(source + i * P);
                mappings += page.mapping == mapping ? 0 : 1;
                mapping = page.mapping;
                copied.put(iova + i * P, new Page(mappings, page.memoryPage, flags == Ioas.READABLE ? Area.READ
                        : Area.READ | Area.WRITE, page.writable));
            }
            models.get(to).putAll(copied);
        }
    }

    private Errno copyRefusal(int from, int to, long source, long iova, long pages, int flags) {
        if (Long.compareUnsigned(source + pages * P - 1, source) < 0) {
            return Errno.EOVERFLOW;
        }
        boolean writable = true;
        for (long i = 0; i < pages; i++) {
            Page page = models.get(from).get(source + i * P);
            if (page == null) {
                return Errno.ENOENT;
            }
            writable &= page.writable;
        }
        Errno placed = refusal(to, iova, pages);
        return placed == null && !writable && flags != Ioas.READABLE ? Errno.EPERM : placed;
    }

    private void unmap() {
        int space = random.nextInt(2);
        long iova = page();
        long pages = 1 + random.nextInt(20);
        Map<Long, Page> model = models.get(space);
        Errno expected = null;
        long found = 0;
        if (Long.compareUnsigned(iova + pages * P - 1, iova) < 0) {
            expected = Errno.EOVERFLOW;
        } else {
            for (long i = 0; i < pages; i++) {
                found += model.containsKey(iova + i * P) ? 1 : 0;
            }
            long end = iova + pages * P;
            boolean split = found > 0 && (cut(model, iova - P, iova) || cut(model, end - P, end));
            expected = found == 0 || split ? Errno.ENOENT : null;
        }
        long bytes = found * P;
        assertEquals(expected, outcome(() -> assertEquals(bytes, spaces[space].unmap(iova, pages * P))));
        if (expected == null) {
            for (long i = 0; i < pages; i++) {
                model.remove(iova + i * P);
            }
        }
    }

    /** Whether two neighbouring pages are of one mapping. */
    private static boolean cut(Map<Long, Page> model, long low, long high) {
        Page left = model.get(low);
        Page right = model.get(high);
        return high != 0 && left != null && right != null && left.mapping == right.mapping;
    }

    private void access() {
        long iova = page() + random.nextInt((int) P / 8) * 8L;
        Page page = models.get(attached).get(iova & -P);
        long value = random.nextLong();
        boolean written = page != null && (page.permissions & Area.WRITE) != 0;
        assertEquals(written, lamp.endpoint.write64(iova, value));
        if (written) {
            assertEquals(value, buffer.view().read64(page.memoryPage * P + (iova & P - 1)));
        }
        boolean read = page != null && (page.permissions & Area.READ) != 0;
        long expected = read ? buffer.view().read64(page.memoryPage * P + (iova & P - 1)) : -1;
        assertEquals(expected, lamp.endpoint.read64(iova));
    }
}
