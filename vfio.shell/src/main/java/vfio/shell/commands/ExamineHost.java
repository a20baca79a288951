// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import vfio.admin.ExitCode;
import vfio.admin.Session;
import vfio.admin.Table;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.hardware.linux.admin.HostAdmin;
import vfio.hardware.linux.admin.HostAdmin.Finding;
import vfio.hardware.linux.admin.HostAdmin.Verdict;

/** What of this host keeps its functions from their users. */
@CommandLine.Command(name = "doctor", description = "Examine this host: IOMMU, groups, limits, who holds what. "
        + "Ends with 1 where something must be mended.", footer = {"%nExample:", "  vfio doctor --memory 16G"})
final class ExamineHost extends OwnCommand {
    private static final Table<Finding> TABLE = Table.<Finding>of("nothing was found")
            .left("verdict", finding -> finding.verdict().name().toLowerCase(Locale.ROOT)).left("check", Finding::check)
            .left("found", Finding::found);
    private static final Pattern SIZE = Pattern.compile("([0-9]{1,9})([KMGT]?)");

    private final HostAdmin host;

    @Option(names = "--memory", paramLabel = "SIZE", description = "Memory of the largest guest, such as 16G.")
    private String memory;

    /** @param host null where the bus of this host is not here */
    ExamineHost(HostAdmin host) {
        super(Groups.DAEMON);
        this.host = host;
    }

    @Override
    public Kind kind() {
        return Kind.ROWS;
    }

    @Override
    public boolean stateless() {
        return true;
    }

    @Override
    public ExitCode run(Session session) {
        long most = memory == null ? 0 : bytes(memory);
        if (host == null && !session.standalone()) {
            return ExitCode.NOT_HELD; // a framework of its own has the host's bus
        }
        if (host == null) {
            throw new VfioException(Errno.EOPNOTSUPP, "examine this host: the bundle of bus linux does not run here; see "
                    + "the log");
        }
        List<Finding> findings = host.examine(most);
        output.rows(session, "findings", findings, TABLE);
        output.notes(session, findings, Finding::check, Finding::advice);
        boolean bad = findings.stream().anyMatch(finding -> finding.verdict() == Verdict.PROBLEM);
        return bad ? ExitCode.REFUSED : ExitCode.OK;
    }

    private static long bytes(String text) {
        Matcher size = SIZE.matcher(text);
        if (!size.matches()) {
            throw new UsageException("--memory is '" + text + "'; give a number with K, M, G or T behind it, such as 16G");
        }
        return Long.parseLong(size.group(1)) << 10 * (" KMGT".indexOf(size.group(2).isEmpty() ? " " : size.group(2)));
    }
}
