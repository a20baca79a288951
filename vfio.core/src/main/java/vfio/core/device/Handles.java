// SPDX-License-Identifier: Apache-2.0
package vfio.core.device;

import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import vfio.core.Errno;
import vfio.core.VfioException;

/**
 * Who has a device open, and whether others may. From {@link #beginLeaving} or {@link #cutOff} on nobody comes in any more,
 * so that whoever asks or revokes the users misses none.
 */
final class Handles {
    private final String device;
    private final Set<OpenHandle> open = new HashSet<>();
    /** Who opened it alone, or null where it is open otherwise or not at all. */
    private VfioUser alone;
    private boolean leaving;

    Handles(String device) {
        this.device = device;
    }

    /**
     * @param directly for one user alone
     * @throws VfioException ENODEV where the device leaves; EINVAL and EBUSY where the ways to open it exclude each other
     */
    synchronized void check(boolean directly) {
        if (leaving) {
            throw new VfioException(Errno.ENODEV, "open " + device + ": its driver is leaving it; bind it again first");
        }
        if (directly && alone != null) {
            throw new VfioException(Errno.EINVAL, "open " + device + " directly: it is already, and has one user so");
        }
        if (!open.isEmpty() && (directly || alone != null)) {
            throw new VfioException(Errno.EBUSY, "open " + device + ": it is open " + (directly ? "by its group" : "directly")
                    + "; the two ways exclude each other");
        }
    }

    /** @return false where the device leaves */
    synchronized boolean admit(OpenHandle handle, VfioUser directly) {
        if (!leaving) {
            open.add(handle);
            alone = directly;
        }
        return !leaving;
    }

    /** @return false where it was not open */
    synchronized boolean remove(OpenHandle handle) {
        boolean removed = open.remove(handle);
        alone = open.isEmpty() ? null : alone;
        return removed;
    }

    synchronized boolean isEmpty() {
        return open.isEmpty();
    }

    synchronized boolean leaving() {
        return leaving;
    }

    synchronized VfioUser alone() {
        return alone;
    }

    /** Names of the users, one for each handle. */
    synchronized List<String> names() {
        return open.stream().map(OpenHandle::userName).toList();
    }

    /** Whether it is open for users of these handles alone. */
    synchronized boolean heldOnlyBy(Collection<? extends DeviceHandle> handles) {
        Set<VfioUser> users = new HashSet<>();
        handles.forEach(handle -> {
            if (handle instanceof OpenHandle one) {
                users.add(one.user());
            }
        });
        return open.stream().map(OpenHandle::user).allMatch(users::contains);
    }

    /** @return those to be asked: all the first time, then none */
    synchronized List<OpenHandle> beginLeaving() {
        List<OpenHandle> asked = leaving ? List.of() : List.copyOf(open);
        leaving = true;
        return asked;
    }

    /**
     * Makes every handle stale.
     *
     * @return those that were open, to be told
     */
    synchronized List<OpenHandle> cutOff() {
        leaving = true;
        List<OpenHandle> stale = List.copyOf(open);
        open.forEach(OpenHandle::makeStale);
        open.clear();
        alone = null;
        return stale;
    }
}
