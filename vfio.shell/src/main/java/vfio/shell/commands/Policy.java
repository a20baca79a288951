// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

import java.util.List;
import picocli.CommandLine;
import vfio.admin.ExitCode;
import vfio.admin.Session;
import vfio.admin.Table;
import vfio.admin.Text;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.pci.core.admin.PciAdmin;
import vfio.pci.core.admin.PciAdmin.FunctionRow;
import vfio.pci.core.admin.PciAdmin.PolicyRow;

/** What the core may do with functions by itself. */
@CommandLine.Command(name = "policy",
        description = "Show policies, or set or remove the policy of the functions that a pattern names.",
        footer = {"%nExamples:", "  vfio policy '0000:01:*' auto --dry-run", "  vfio policy 0000:01:00.2 pinned vfio-pci",
            "  vfio policy 0000:01:00.2 default"})
final class Policy extends FunctionCommand {
    private static final Table<PolicyRow> TABLE = Table.<PolicyRow>of("no policy is set: every function is manual")
            .left("pattern", PolicyRow::pattern).left("policy", PolicyRow::policy);

    @CommandLine.Parameters(index = "0", arity = "0..1", paramLabel = "PATTERN",
            description = "A function, or an address with * and ?.")
    private String pattern;

    @CommandLine.Parameters(index = "1", arity = "0..1", paramLabel = "POLICY",
            description = "manual, auto or pinned; default removes the pattern, so that what was set before holds.")
    private String policy;

    @CommandLine.Parameters(index = "2", arity = "0..1", paramLabel = "DRIVER",
            description = "For pinned: that driver or none.")
    private String driver;

    @CommandLine.Option(names = "--dry-run", description = "Only say what would be done.")
    private boolean dryRun;

    Policy(PciAdmin pci) {
        super(pci);
    }

    @Override
    public Kind kind() {
        return pattern == null ? Kind.ROWS : policy == null ? Kind.PROMPT : Kind.ACT;
    }

    @Override
    public ExitCode run(Session session) {
        if (dryRun && policy == null) {
            throw new UsageException("--dry-run is about setting a policy; name one");
        }
        if (pattern == null) {
            return output.rows(session, "policies", pci.policies(), TABLE);
        }
        if (policy == null) {
            FunctionRow row = pci.function(pattern).row();
            return output.rows(session, "policies", List.of(new PolicyRow(pattern, row.policy())), TABLE);
        }
        if (policy.equals("pinned") != (driver != null)) {
            throw new UsageException(driver == null ? "pinned takes the name of a driver" : policy + " takes no driver");
        }
        if (policy.equals("default")) {
            return remove(session);
        }
        String text = driver == null ? policy : policy + " " + driver;
        String none = (dryRun ? "" : "set; ") + Text.visible(pattern) + " names no function yet";
        return Outcomes.print(session, output, pci.policy(pattern, text, dryRun), none);
    }

    private ExitCode remove(Session session) {
        try {
            return Outcomes.print(session, output, pci.removePolicy(pattern, dryRun),
                    (dryRun ? "" : "removed; ") + "no function's policy changes by that");
        } catch (VfioException e) {
            if (e.errno() != Errno.ENOENT) {
                throw e;
            }
            return Outcomes.print(session, output, List.of(), "none is set for " + Text.visible(pattern));
        }
    }
}
