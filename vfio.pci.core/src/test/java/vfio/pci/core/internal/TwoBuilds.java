// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal;

import java.util.Set;
import vfio.core.device.DeviceHandle;
import vfio.core.device.VfioUser;
import vfio.pci.core.admin.DriverUpdate.Update;
import vfio.pci.core.id.RegionIndex;
import vfio.pci.core.internal.TestCore.Settings;

/** A function that one build of its driver has, and the update to another build, which is here and serves nothing yet. */
final class TwoBuilds implements AutoCloseable {
    static final String NAME = "0000:01:00.0";
    static final long LIMIT_MILLIS = 5_000;

    final TestCore core = new TestCore(new Settings("merged", LIMIT_MILLIS, 10));
    final Build old = new Build(7, "1.0.0", "1:2");
    final Build next = new Build(8, "1.1.0", "1:2");
    final Update update;

    TwoBuilds() {
        core.arrives(old.service);
        core.plug(NAME, 1, 2);
        core.admin.bind(NAME, "acme", false);
        update = core.updates.stage(Set.of(7L), 8);
    }

    /** Has the builds write and read these versions of their state, and the next one arrive. */
    TwoBuilds with(String oldVersions, String nextVersions) {
        core.leaves(old.service);
        core.arrives(old.service.with("state", oldVersions));
        core.admin.bind(NAME, "acme", false);
        core.arrives(next.service.with("state", nextVersions));
        return this;
    }

    DeviceHandle open() {
        return core.programs.open(NAME, VfioUser.named("user"));
    }

    static void read(DeviceHandle handle) {
        handle.region(RegionIndex.CONFIG).read32(0);
    }

    /** The version of the bundle whose driver has the function. */
    String version() {
        return core.slot(NAME).bound().driver().bundle().version().toString();
    }

    @Override
    public void close() {
        update.close();
        core.close();
    }
}
