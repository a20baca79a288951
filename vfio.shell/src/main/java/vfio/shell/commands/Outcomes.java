// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.stream.Collectors;
import vfio.admin.ExitCode;
import vfio.admin.Json;
import vfio.admin.Session;
import vfio.admin.Text;
import vfio.pci.core.admin.PciAdmin.Outcome;

/** How acts are told: a line for each function, its steps below; one line for all where many have come to the same. */
final class Outcomes {
    /** Functions that have come to the same and are named each. */
    private static final int MOST_NAMED = 8;

    /** What functions have come to: all but their names. */
    private record Same(String driver, boolean dryRun, boolean changed, List<String> steps) {
        static Same of(Outcome outcome) {
            return new Same(outcome.driver(), outcome.dryRun(), outcome.changed(), outcome.steps());
        }
    }

    private Outcomes() {
    }

    static ExitCode print(Session session, Output output, List<Outcome> outcomes, String none) {
        if (output.json) {
            Json.rows(session, "outcomes", outcomes);
        } else if (outcomes.isEmpty()) {
            session.out().println(none);
        } else {
            outcomes.stream().collect(Collectors.groupingBy(Same::of, LinkedHashMap::new, Collectors.toList())).values()
                    .forEach(same -> printSame(session, same));
        }
        return ExitCode.OK;
    }

    private static void printSame(Session session, List<Outcome> same) {
        if (same.size() > MOST_NAMED) {
            print(session, same.get(0).function() + " and " + (same.size() - 1) + " others: ", same.get(0));
        } else {
            same.forEach(outcome -> print(session, outcome.function() == null ? "" : outcome.function() + ": ", outcome));
        }
    }

    private static void print(Session session, String subject, Outcome outcome) {
        String driver = outcome.driver() == null ? "no driver" : "driver " + outcome.driver();
        session.out().println(Text.visible(subject + (outcome.dryRun() ? "dry run, would have " : "") + driver));
        outcome.steps().forEach(step -> session.out().println("  " + Text.visible(step)));
    }
}
