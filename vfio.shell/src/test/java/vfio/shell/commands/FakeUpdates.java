// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.deploy.UpdateAdmin;

/** An update in each phase that is met, and one of each end; what is asked is remembered, not done. */
public final class FakeUpdates implements UpdateAdmin {
    /** The driver whose update does not come to its end. */
    static final String BACK = "acme_vfio_pci";
    /** The driver of which a function stays. */
    static final String MIXED = "beta_vfio_pci";

    public final List<String> acts = new ArrayList<>();
    public List<UpdateRow> rows = List.of(new UpdateRow("acme", "back", "1.0.0 0123456789ab", "1.1.0 abcdef012345", 0, 2,
            "takeOver threw IllegalStateException: no ring; version 1.0.0 keeps running"),
            new UpdateRow("vfio.pci.mlx5", "soaking", "0.1.0 aaaaaaaaaaaa", "0.2.0 bbbbbbbbbbbb", 128, 0, null));
    private final List<HoldRow> holds = new ArrayList<>();

    @Override
    public List<UpdateRow> updates() {
        return rows;
    }

    @Override
    public List<HoldRow> holds() {
        return List.copyOf(holds);
    }

    @Override
    public List<StepRow> plan(String driver) {
        acts.add("plan " + driver);
        return List.of(new StepRow("emulated/0000:01:00.0", driver, "state 2", List.of("qemu 4711", "java 12"), null),
                new StepRow("emulated/0000:01:00.1", driver, "idle", List.of(), null),
                new StepRow("emulated/0000:01:00.2", driver, "close", List.of("qemu 4712"),
                "no version of the state is known to both: this build writes 1, the next reads 3 and 2"),
                new StepRow("emulated/0000:01:00.3", driver, "none", List.of("qemu 4713"), "it is in migration state STOP"));
    }

    @Override
    public UpdateRow update(String driver, Optional<Policy> policy) {
        acts.add("update " + driver + " " + policy);
        return switch (driver) {
            case BACK -> rows.get(0);
            case MIXED -> new UpdateRow("beta", "mixed", "1 aaaaaaaaaaaa", "2 bbbbbbbbbbbb", 3, 1, "a function is migrating");
            default -> rows.get(1);
        };
    }

    @Override
    public UpdateRow rollback(String driver) {
        acts.add("rollback " + driver);
        if (!driver.contains("mlx5")) {
            throw new VfioException(Errno.ENOENT, "cannot roll back " + driver + ": no build before the running one is kept");
        }
        return new UpdateRow("vfio.pci.mlx5", "soaking", "0.2.0 bbbbbbbbbbbb", "0.1.0 aaaaaaaaaaaa", 128, 0, null);
    }

    @Override
    public void hold(String driver) {
        holds.removeIf(hold -> hold.symbolicName().equals(driver));
        holds.add(new HoldRow(driver, "0.1.0 aaaaaaaaaaaa", "the driver is held at version 0.1.0"));
    }

    @Override
    public void unhold(String driver) {
        holds.removeIf(hold -> hold.symbolicName().equals(driver));
    }

    @Override
    public Pauses pauses() {
        return new Pauses(130, 2, 1234, 1040, List.of(new PauseRow(0, 1_200, 1), new PauseRow(50, 21_600, 65),
                new PauseRow(99, 1_900_000, 129), new PauseRow(100, 1_040_000_000, 130)));
    }
}
