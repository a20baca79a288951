// SPDX-License-Identifier: Apache-2.0
package vfio.core.device;

import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import vfio.core.Errno;
import vfio.core.VfioException;

/**
 * The open handles of a device, and the rule on further ones. From {@link #beginLeaving} or {@link #cutOff} on no handle is
 * added, so that the code that asks or revokes the users misses none.
 */
final class Handles {
    private final String device;
    private final Set<OpenHandle> open = new HashSet<>();
    /** The user who opened the device alone; null where the device is open otherwise or not at all. */
    private VfioUser alone;
    private boolean leaving;

    Handles(String device) {
        this.device = device;
    }

    /**
     * Checks that the device can be opened in a way.
     *
     * @param directly for one user alone
     * @throws VfioException ENODEV where the device leaves; EINVAL where the device is open directly and is to be again;
     *     EBUSY where the device is open in the other way
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

    /**
     * Adds a handle.
     *
     * @param directly the user who opens the device alone, or null
     * @return false where the device leaves, and no handle is added
     */
    synchronized boolean admit(OpenHandle handle, VfioUser directly) {
        if (!leaving) {
            open.add(handle);
            alone = directly;
        }
        return !leaving;
    }

    /**
     * Removes a handle.
     *
     * @return false where the handle was not open
     */
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

    /** Returns the names of the users, one for each handle. */
    synchronized List<String> names() {
        return open.stream().map(OpenHandle::userName).toList();
    }

    /** Tells whether only users of the given handles have the device open. */
    synchronized boolean heldOnlyBy(Collection<? extends DeviceHandle> handles) {
        Set<VfioUser> users = new HashSet<>();
        handles.forEach(handle -> {
            if (handle instanceof OpenHandle one) {
                users.add(one.user());
            }
        });
        return open.stream().map(OpenHandle::user).allMatch(users::contains);
    }

    /**
     * Adds no more handles from now on.
     *
     * @return the handles whose users are to be asked: all the first time, then none
     */
    synchronized List<OpenHandle> beginLeaving() {
        List<OpenHandle> asked = leaving ? List.of() : List.copyOf(open);
        leaving = true;
        return asked;
    }

    /**
     * Makes every handle stale.
     *
     * @return the handles that were open, whose listeners are to be called
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
