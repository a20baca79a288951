// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

import java.util.List;
import java.util.Map;
import java.util.function.Function;
import picocli.CommandLine.Option;
import vfio.admin.ExitCode;
import vfio.admin.Json;
import vfio.admin.Session;
import vfio.admin.Table;
import vfio.admin.Text;

/** The options that every command has: JSON instead of text, and help. */
final class Output {
    @Option(names = "--json", description = "Print JSON, schema 1.")
    boolean json;

    @Option(names = {"-h", "--help"}, usageHelp = true, description = "Print this help.")
    private boolean help;

    <T> ExitCode rows(Session session, String name, List<T> rows, Table<? super T> table) {
        if (json) {
            Json.rows(session, name, rows);
        } else {
            table.print(session, rows);
        }
        return ExitCode.OK;
    }

    /** A title, and below it names with values; null and empty values are left out. */
    static void facts(Session session, String title, Map<String, ?> facts) {
        session.out().println(Text.visible(title));
        int width = facts.keySet().stream().mapToInt(String::length).max().orElse(0);
        facts.forEach((name, value) -> {
            String label = name; // before the first line only
            for (Object each : value instanceof List<?> list ? list : value == null ? List.of() : List.of(value)) {
                session.out().println("  " + label + " ".repeat(width - label.length() + 2) + Text.visible(each.toString()));
                label = "";
            }
        });
    }

    /** Below a table, what is too long for a column: the sentence of each row that has one, line by line. */
    <T> ExitCode notes(Session session, List<T> rows, Function<T, String> name, Function<T, String> sentence) {
        List<T> noted = json ? List.of() : rows.stream().filter(row -> sentence.apply(row) != null).toList();
        if (!noted.isEmpty()) {
            session.out().println();
            noted.forEach(row -> (name.apply(row) + ": " + sentence.apply(row)).lines()
                    .forEach(line -> session.out().println(Text.visible(line))));
        }
        return ExitCode.OK;
    }
}
