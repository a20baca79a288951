// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import picocli.CommandLine;
import vfio.admin.Command;
import vfio.admin.ExitCode;
import vfio.admin.Json;
import vfio.admin.Session;
import vfio.admin.Table;
import vfio.core.Event;
import vfio.core.EventLog;

/** What happened, and what happens while one looks. */
@CommandLine.Command(name = "events",
        description = "Show events: all that are kept, or with --follow the last ten and those to come.",
        footer = {"%nExample:", "  vfio events --follow"})
final class Events implements Command {
    private static final Table<Event> TABLE = Table.<Event>of("no events are kept")
            .left("time", event -> event.time().truncatedTo(ChronoUnit.SECONDS))
            .left("type", "bundle-superseded".length(), Event::type)
            .left("subject", "emulated/0000:00:00.0".length(), Event::subject).flexible("text", Events::firstLine);
    private static final int TAIL = 10;
    private static final int BATCH = 256;
    private static final Duration WAIT = Duration.ofMillis(500);

    private final EventLog events;

    @CommandLine.Mixin
    private Output output;

    @CommandLine.Option(names = "--follow", description = "Go on until interrupted.")
    private boolean follow;

    @CommandLine.Option(names = "--since", paramLabel = "N", description = "Those after the event of this number.")
    private Long since;

    Events(EventLog events) {
        this.events = events;
    }

    @Override
    public String group() {
        return Groups.DAEMON;
    }

    @Override
    public Kind kind() {
        return follow ? Kind.FOLLOW : Kind.ROWS;
    }

    @Override
    public ExitCode run(Session session) {
        long after = since != null ? since : follow ? Math.max(0, events.last() - TAIL) : 0;
        try {
            if (!follow) {
                return output.rows(session, "events", events.after(after, Integer.MAX_VALUE, Duration.ZERO), TABLE);
            }
            while (!session.cancelled() && !session.out().checkError()) {
                after = print(session, after, events.after(after, BATCH, WAIT));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return ExitCode.OK;
    }

    /** The rest, such as a stack, is in the JSON and in the audit file. */
    private static String firstLine(Event event) {
        return event.text().lines().findFirst().orElse("");
    }

    private long print(Session session, long after, List<Event> batch) {
        if (batch.isEmpty()) {
            return after;
        }
        long missed = batch.get(0).sequence() - after - 1;
        if (missed > 0 && after > 0) {
            session.err().println("vfio: " + missed + " events are no longer kept; the audit file has them");
            session.err().flush();
        }
        // One object or line for each, so that every line can be read as it comes.
        for (Event event : batch) {
            session.out().print(output.json ? Json.line("events", List.of(event))
                    : TABLE.renderMore(List.of(event), session.width()));
        }
        session.out().flush();
        return batch.get(batch.size() - 1).sequence();
    }
}
