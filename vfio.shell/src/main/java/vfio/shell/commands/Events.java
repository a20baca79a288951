// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.List;
import picocli.CommandLine;
import vfio.admin.ExitCode;
import vfio.admin.Failure;
import vfio.admin.Json;
import vfio.admin.Session;
import vfio.admin.Table;
import vfio.core.Errno;
import vfio.core.Event;
import vfio.core.EventLog;
import vfio.core.VfioException;

/** What happened, and what happens while one looks. */
@CommandLine.Command(name = "events",
        description = "Show events: all that are kept, or with --follow the last ten and those to come.",
        footer = {"%nExamples:", "  vfio events --follow", "  vfio events --since 120 --json"})
final class Events extends OwnCommand {
    private static final int TAIL = 10;
    private static final int BATCH = 256;
    private static final Duration WAIT = Duration.ofMillis(500);

    private final EventLog events;
    private final FunctionNames names;

    @CommandLine.Option(names = "--follow", description = "Go on until interrupted.")
    private boolean follow;

    @CommandLine.Option(names = "--since", paramLabel = "N", description = "Those after the event of this number.")
    private Long since;

    @CommandLine.Option(names = "--local-time", description = "Times of the daemon's time zone, not UTC.")
    private boolean local;

    Events(EventLog events, FunctionNames names) {
        super(Groups.DAEMON);
        this.events = events;
        this.names = names;
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
                return output.rows(session, "events", events.after(after, Integer.MAX_VALUE, Duration.ZERO), table());
            }
            while (!session.cancelled() && !session.out().checkError()) {
                after = print(session, after, events.after(after, BATCH, WAIT));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (VfioException e) {
            if (!follow || e.errno() != Errno.EINTR) { // amid rows, as between them
                throw e;
            }
        }
        return session.ending() ? Failure.of(ExitCode.NO_DAEMON, "the daemon ends: no more events come")
                .tell(session, output.json) : ExitCode.OK;
    }

    private Table<Event> table() {
        String none = since == null ? "no events are kept"
                : "no event came after number " + since + "; the latest is number " + events.last();
        return Table.<Event>of(none).left("time", this::time).left("type", "bundle-superseded".length(), Event::type)
                .left("subject", "emulated/0000:00:00.0".length(), Event::subject).flexible("text", this::text);
    }

    private Object time(Event event) {
        Instant time = event.time().truncatedTo(ChronoUnit.SECONDS);
        return local ? DateTimeFormatter.ISO_OFFSET_DATE_TIME.format(time.atZone(ZoneId.systemDefault())) : time;
    }

    /** One line, a device key in words; the rest, such as a stack, is in the JSON and in the audit file. */
    private String text(Event event) {
        return names.readable(event.text().lines().findFirst().orElse(""));
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
            if (output.json) {
                session.out().print(Json.line("events", List.of(event)));
            } else {
                table().printMore(session, List.of(event));
            }
        }
        session.out().flush();
        return batch.get(batch.size() - 1).sequence();
    }
}
