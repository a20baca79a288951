// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal;

import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import vfio.core.VfioException;
import vfio.core.device.DeviceHandle;
import vfio.core.device.VfioUser;
import vfio.pci.core.admin.DriverUpdate.Update;
import vfio.pci.core.fake.FakeFunction;
import vfio.pci.core.internal.TestCore.Settings;

/** An update of a bundle that has two functions, staged and not begun. */
abstract class StagedUpdate {
    static final String FIRST = "0000:01:00.0";
    static final String SECOND = "0000:02:00.0";
    static final String PF = "0000:03:00.0";
    static final String VF = "0000:03:00.1";

    final TestCore core = new TestCore(new Settings("merged", 5_000, 10));
    final Build old = new Build(7, "1.0.0", "1:2");
    final Build next = new Build(8, "1.1.0", "1:2");
    FakeFunction first;
    Update update;

    @BeforeEach
    void stage() {
        core.arrives(old.service);
        first = core.plug(FIRST, 1, 2);
        core.plug(SECOND, 1, 2);
        core.admin.policy("*", "auto");
        core.rematch(FIRST);
        core.rematch(SECOND);
        update = core.updates.stage(Set.of(7L), 8);
    }

    @AfterEach
    void end() {
        update.close();
        core.close();
    }

    DeviceHandle open(String function) {
        return core.programs.open(function, VfioUser.named("user"));
    }

    String bundle(String function) {
        return core.slot(function).bound().driver().bundle().toString();
    }

    List<String> rows() {
        return core.admin.drivers().stream().map(row -> row.bundle() + " " + row.state() + " " + row.bound())
                .sorted().toList();
    }

    List<String> ways() {
        return update.plan().stream().map(step -> step.function() + " " + step.way()).toList();
    }

    VfioException refused(String function) {
        return assertThrows(VfioException.class, () -> update.move(function));
    }
}
