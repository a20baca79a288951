// SPDX-License-Identifier: Apache-2.0
package vfio.iommu;

import vfio.core.Errno;
import vfio.core.dma.LockedMemory;

/** The options of an {@link Iommufd}; under the {@link IommuLock}. */
final class IommufdOptions {
    /** Whether memory is accounted by process; for no object. */
    static final int RLIMIT_MODE = 0;
    /** Whether an IOAS may use large pages. */
    static final int HUGE_PAGES = 1;

    private final IommufdObjects objects;
    /** Only answered: pinned memory is charged to the iommufd's {@link LockedMemory} either way. */
    private boolean byProcess;

    IommufdOptions(IommufdObjects objects) {
        this.objects = objects;
    }

    long get(int option, int object) {
        String act = "get option " + option;
        if (option == HUGE_PAGES) {
            return objects.get(object, Ioas.class, act).maps().largePages() ? 1L : 0L;
        }
        checkGlobal(act, option, object);
        return byProcess ? 1L : 0L;
    }

    void set(int option, int object, long value) {
        String act = "set option " + option;
        if (option == HUGE_PAGES) {
            IoasMaps maps = objects.get(object, Ioas.class, act).maps();
            checkValue(act, value);
            maps.largePages(value == 1);
            return;
        }
        checkGlobal(act, option, object);
        if (!objects.isEmpty()) {
            throw IommufdObjects.refused(Errno.EBUSY, act, "there are objects; set it first");
        }
        checkValue(act, value);
        byProcess = value == 1;
    }

    private static void checkGlobal(String act, int option, int object) {
        if (option != RLIMIT_MODE || object != 0) {
            throw IommufdObjects.refused(Errno.EOPNOTSUPP, act,
                    "options are RLIMIT_MODE, of object 0, and HUGE_PAGES, of an IOAS");
        }
    }

    private static void checkValue(String act, long value) {
        if (value != 0 && value != 1) {
            throw IommufdObjects.refused(Errno.EINVAL, act, "values are 0 and 1");
        }
    }
}
