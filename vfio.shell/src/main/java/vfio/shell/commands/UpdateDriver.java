// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import picocli.CommandLine;
import vfio.admin.ExitCode;
import vfio.admin.Session;
import vfio.deploy.UpdateAdmin;
import vfio.deploy.UpdateAdmin.Policy;

/** Updates a driver while its functions are open, or tells about updates. */
@CommandLine.Command(name = "update",
        description = "Update a driver while its functions are open, or list the updates and what is held.",
        footer = {"%nPolicies, for functions that cannot go over now: all go or none, keep the former build, go over at the"
                + " last close (idle), or take them from their users (drain).",
            "Ends with 5 where functions stay with the former build.",
            "%nExamples:", "  vfio update mlx5_vfio_pci --dry-run", "  vfio update mlx5_vfio_pci --policy all",
            "  vfio update --stats"})
final class UpdateDriver extends UpdateCommand {
    @CommandLine.Parameters(arity = "0..1", paramLabel = LABEL, description = DESCRIPTION)
    private String driver;

    @CommandLine.Option(names = "--dry-run", description = "Only say how each function would go over, or why not.")
    private boolean dryRun;

    @CommandLine.Option(names = "--policy", paramLabel = "all|keep|idle|drain",
            description = "What becomes of functions that cannot go over now.")
    private String policy;

    @CommandLine.Option(names = "--stats", description = "Show how long users have waited in updates, by percentile.")
    private boolean stats;

    UpdateDriver(UpdateAdmin updates) {
        super(updates);
    }

    @Override
    public Kind kind() {
        return driver == null ? Kind.PROMPT : Kind.ACT;
    }

    @Override
    public ExitCode run(Session session) {
        if (stats && (driver != null || dryRun || policy != null)) {
            throw new UsageException("--stats is of all updates: it takes no driver and no other option");
        }
        if (driver == null && (dryRun || policy != null)) {
            throw new UsageException((dryRun ? "--dry-run" : "--policy") + " needs a driver");
        }
        if (dryRun && policy != null) {
            throw new UsageException("--dry-run says what stands in the way, whatever the policy: it takes no --policy");
        }
        Optional<Policy> chosen = chosen();
        if (stats) {
            return PauseTable.print(session, output, updates().pauses());
        }
        if (driver == null) {
            return print(session, updates().updates());
        }
        if (dryRun) {
            return UpdateSteps.print(session, output, updates().plan(driver));
        }
        return printAsked(session, updates().update(driver, chosen), Set.of("back", "failed"));
    }

    private Optional<Policy> chosen() {
        if (policy == null) {
            return Optional.empty();
        }
        for (Policy each : Policy.values()) {
            if (each.name().equalsIgnoreCase(policy)) {
                return Optional.of(each);
            }
        }
        throw new UsageException("'" + policy + "' is no policy of an update; they are all, keep, idle and drain");
    }
}
