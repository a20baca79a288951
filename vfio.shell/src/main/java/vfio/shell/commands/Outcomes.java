// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

import java.util.List;
import vfio.admin.ExitCode;
import vfio.admin.Json;
import vfio.admin.Session;
import vfio.admin.Text;
import vfio.pci.core.admin.PciAdmin.Outcome;

/** How acts are told: a line for each function, its steps below. */
final class Outcomes {
    private Outcomes() {
    }

    static ExitCode print(Session session, Output output, List<Outcome> outcomes, String none) {
        if (output.json) {
            Json.rows(session, "outcomes", outcomes);
        } else if (outcomes.isEmpty()) {
            session.out().println(none);
        } else {
            outcomes.forEach(outcome -> print(session, outcome));
        }
        return ExitCode.OK;
    }

    private static void print(Session session, Outcome outcome) {
        String driver = outcome.driver() == null ? "no driver" : "driver " + outcome.driver();
        String subject = outcome.function() == null ? "" : outcome.function() + ": ";
        session.out().println(Text.visible(subject + (outcome.dryRun() ? "dry run, would have " : "") + driver));
        outcome.steps().forEach(step -> session.out().println("  " + Text.visible(step)));
    }
}
