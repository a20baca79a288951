// SPDX-License-Identifier: Apache-2.0
package vfio.iommu;

import static vfio.iommu.Iommufd.OPTION_HUGE_PAGES;
import static vfio.iommu.Iommufd.OPTION_RLIMIT_MODE;

import vfio.core.Errno;
import vfio.core.dma.LockedMemory;

/** The options of an {@link Iommufd}; under the {@link Iommu}'s lock. */
final class IommufdOptions {
    private final IommufdObjects objects;
    /** Stored for who asks: what is pinned is charged to the {@link LockedMemory} given, either way. */
    private boolean byProcess;

    IommufdOptions(IommufdObjects objects) {
        this.objects = objects;
    }

    long get(int option, int object) {
        String act = "get option " + option;
        if (option == OPTION_HUGE_PAGES) {
            return objects.get(object, Ioas.class, act).maps().largePages() ? 1L : 0L;
        }
        checkGlobal(act, option, object);
        return byProcess ? 1L : 0L;
    }

    void set(int option, int object, long value) {
        String act = "set option " + option;
        if (option == OPTION_HUGE_PAGES) {
            IoasMaps maps = objects.get(object, Ioas.class, act).maps();
            checkValue(act, value);
            maps.largePages(value == 1);
            return;
        }
        checkGlobal(act, option, object);
        if (!objects.isEmpty()) {
            throw Iommufd.refused(Errno.EBUSY, act, "there are objects; set it first");
        }
        checkValue(act, value);
        byProcess = value == 1;
    }

    private static void checkGlobal(String act, int option, int object) {
        if (option != OPTION_RLIMIT_MODE || object != 0) {
            throw Iommufd.refused(Errno.EOPNOTSUPP, act, "options are RLIMIT_MODE, of object 0, and HUGE_PAGES, of an IOAS");
        }
    }

    private static void checkValue(String act, long value) {
        if (value != 0 && value != 1) {
            throw Iommufd.refused(Errno.EINVAL, act, "values are 0 and 1");
        }
    }
}
