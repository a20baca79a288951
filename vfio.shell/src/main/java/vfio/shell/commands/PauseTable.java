// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import vfio.admin.ExitCode;
import vfio.admin.Json;
import vfio.admin.Session;
import vfio.admin.Table;
import vfio.deploy.UpdateAdmin.PauseRow;
import vfio.deploy.UpdateAdmin.Pauses;

/** The pauses that users have had, by percentile. */
final class PauseTable {
    private static final Table<PauseRow> TABLE = Table.<PauseRow>of("no open function was updated since the start")
            .right("percentile", row -> String.format(Locale.ROOT, "%.3f", row.percentile()))
            .right("pause", row -> Durations.text(row.nanos())).right("exchanges", PauseRow::count);

    private PauseTable() {
    }

    static ExitCode print(Session session, Output output, Pauses pauses) {
        if (output.json) {
            session.out().print(Json.value("stats", pauses));
            return ExitCode.OK;
        }
        Map<String, Object> facts = new LinkedHashMap<>();
        facts.put("exchanges", pauses.exchanges());
        facts.put("waited calls", pauses.waited());
        facts.put("bytes of state", pauses.bytes());
        facts.put("went back", pauses.back());
        Output.facts(session, "pauses of open functions since the start", facts);
        session.out().println();
        TABLE.print(session, pauses.percentiles());
        return ExitCode.OK;
    }
}
