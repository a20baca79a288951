// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

import java.util.List;
import picocli.CommandLine;
import vfio.admin.ExitCode;
import vfio.admin.Session;
import vfio.admin.Table;
import vfio.pci.core.admin.PciAdmin;
import vfio.pci.core.admin.PciAdmin.CandidateRow;

/** The drivers that could serve a function, best first. */
@CommandLine.Command(name = "candidates", description = "Rank the drivers for a function, with reasons.",
        footer = {"%nExample:", "  vfio candidates 0000:01:00.2",
            "  vfio candidates --modalias \\", "    pci:v000015B3d0000101Esv000015B3sd00000004bc02sc00i00"})
final class ListCandidates extends FunctionCommand {
    private static final Table<CandidateRow> TABLE = Table.<CandidateRow>of("no driver here has an entry that agrees")
            .right("rank", CandidateRow::rank).left("driver", CandidateRow::driver)
            .left("bindable", row -> row.eligible() ? "yes" : "no").left("reason", CandidateRow::reason)
            .flexible("entry", CandidateRow::entry).flexible("bundle", CandidateRow::bundle);

    @CommandLine.ArgGroup(multiplicity = "1")
    private Subject subject;

    /** A function that is here, or any key. */
    private static final class Subject {
        @CommandLine.Parameters(paramLabel = FunctionName.LABEL, description = FunctionName.DESCRIPTION)
        private String name;

        @CommandLine.Option(names = "--modalias", paramLabel = "KEY",
                description = "A device key, present or not: pci:v…d…sv…sd…bc…sc…i…; a daemon is not needed then.")
        private String modalias;
    }

    ListCandidates(PciAdmin pci) {
        super(pci);
    }

    @Override
    public Kind kind() {
        return Kind.PROMPT;
    }

    @Override
    public boolean stateless() {
        return subject.modalias != null;
    }

    @Override
    public ExitCode run(Session session) {
        List<CandidateRow> rows = subject.name == null ? pci.candidatesFor(subject.modalias) : pci.candidates(subject.name);
        return print(session, output, rows);
    }

    static ExitCode print(Session session, Output output, List<CandidateRow> rows) {
        output.rows(session, "candidates", rows, TABLE);
        return output.notes(session, rows, CandidateRow::driver, CandidateRow::text);
    }
}
