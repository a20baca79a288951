// SPDX-License-Identifier: Apache-2.0
package vfio.core;

import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * One open of a {@link VfioDevice}; stale from its close or the device's revoke on, for ever. A stale handle lets go of the
 * device, and so of the driver's operations: a user that keeps it keeps no driver's classes alive.
 */
final class OpenHandle implements DeviceHandle {
    private final String deviceName;
    private final VfioUser user;
    private final String userName;
    private final Set<Mapping> mappings = ConcurrentHashMap.newKeySet();
    /** Null once stale. */
    private volatile VfioDevice device;

    OpenHandle(VfioDevice device, VfioUser user) {
        this.device = device;
        deviceName = device.name();
        this.user = user;
        userName = Objects.requireNonNull(user.name()); // asked once: no list waits for a user's code
    }

    @Override
    public String deviceName() {
        return deviceName;
    }

    String userName() {
        return userName;
    }

    @Override
    public boolean isOpen() {
        return device != null;
    }

    @Override
    public Mapping map(int region) {
        VfioDevice open = device;
        if (open == null) {
            throw stale(region);
        }
        Mapping mapping = open.map(region);
        mappings.removeIf(other -> !other.live()); // those the user closed: their memory goes with the last reference
        mappings.add(mapping);
        if (device == null) { // revoked meanwhile: the revoker may have missed this one
            mapping.revoke();
            throw stale(region);
        }
        return mapping;
    }

    private VfioException stale(int region) {
        return new VfioException(Errno.ENODEV,
                "map region " + region + " of " + deviceName + ": the handle was closed or revoked");
    }

    @Override
    public void close() {
        VfioDevice open = device;
        if (open != null) {
            open.close(this);
        }
    }

    /** Asks the user to let go, on a thread of its own: one that hangs or throws keeps nobody else from being asked. */
    void request() {
        Thread asking = new Thread(() -> {
            try {
                user.requested(this);
            } catch (Throwable e) { // a user's code may throw anything
                System.getLogger(VfioDevice.class.getName()).log(System.Logger.Level.WARNING,
                        "request " + deviceName + " from " + userName + ": " + e.getClass().getName());
            }
        }, "vfio-request " + deviceName);
        asking.setDaemon(true);
        asking.start();
    }

    void makeStale() {
        device = null;
        mappings.forEach(Mapping::revoke);
        mappings.clear();
    }
}
