// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

import java.util.List;
import vfio.admin.ExitCode;
import vfio.admin.Session;
import vfio.admin.Table;
import vfio.deploy.UpdateAdmin.StepRow;

/** What an update would do, a row for each function, the obstacles below, and a last line with the counts. */
final class UpdateSteps {
    private static final String IDLE = "idle";
    private static final Table<StepRow> TABLE = Table.<StepRow>of("no function has the driver: nothing would go over")
            .left("function", StepRow::function).left("driver", StepRow::driver).left("way", StepRow::way)
            .left("goes over", step -> step.obstacle() == null ? "yes" : "no")
            .flexible("users", step -> step.users().isEmpty() ? null : String.join(", ", step.users()));

    private UpdateSteps() {
    }

    static ExitCode print(Session session, Output output, List<StepRow> steps) {
        output.rows(session, "steps", steps, TABLE);
        output.notes(session, steps, StepRow::function, StepRow::obstacle);
        if (!output.json && !steps.isEmpty()) {
            session.out().println();
            session.out().println(counts(steps));
        }
        return ExitCode.OK;
    }

    private static String counts(List<StepRow> steps) {
        List<StepRow> going = steps.stream().filter(step -> step.obstacle() == null).toList();
        long open = going.stream().filter(step -> !step.way().equals(IDLE)).count();
        return steps.size() + (steps.size() == 1 ? " function: " : " functions: ") + going.size() + " would go over, " + open
                + " of them while open; " + (steps.size() - going.size()) + " would stay";
    }
}
