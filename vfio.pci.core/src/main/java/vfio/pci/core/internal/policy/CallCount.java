// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.policy;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import vfio.core.device.VfioDevice;
import vfio.core.driver.DriverWorker;

/**
 * The count of the calls that a build's drivers have had: those on its workers, and those of users, from the first time that
 * somebody asks until there are enough. The calls of users take longer while they are counted, and not at all else.
 */
final class CallCount {
    /** The calls of before, which are not meant: a driver that is staged may have been here. */
    private final Map<DriverWorker, Long> before = new HashMap<>();
    private long counted;

    synchronized void begin(DriverWorker worker) {
        before.put(worker, worker.calls());
    }

    /**
     * Counts the calls; returns how many there were until now, or what was returned last where that is more.
     *
     * @param ofServices the calls of the services that owners offer
     */
    synchronized long until(long enough, List<DriverWorker> workers, List<VfioDevice> devices, long ofServices) {
        devices.forEach(device -> device.count(counted < enough));
        long now = ofServices + devices.stream().mapToLong(VfioDevice::counted).sum();
        for (DriverWorker worker : workers) {
            now += worker.calls() - before.getOrDefault(worker, 0L);
        }
        counted = Math.max(counted, now);
        if (counted >= enough) {
            devices.forEach(device -> device.count(false));
        }
        return counted;
    }
}
