// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

import java.util.List;
import vfio.admin.ExitCode;
import vfio.admin.Json;
import vfio.admin.Session;
import vfio.admin.Text;

/**
 * What was done to a function as a device.
 *
 * @param changed false where all was so already
 */
record Act(String function, boolean changed, List<String> steps) {
    Act(String function, boolean changed, String step) {
        this(function, changed, List.of(step));
    }

    /** Tells it: the steps a line each, or the rows of {@code outcomes}. */
    ExitCode print(Session session, Output output) {
        if (output.json) {
            Json.rows(session, "outcomes", List.of(this));
        } else {
            steps.forEach(step -> session.out().println(Text.visible(function + ": " + step)));
        }
        return ExitCode.OK;
    }
}
