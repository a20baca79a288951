// SPDX-License-Identifier: Apache-2.0
package examples.storm;

import examples.storm.EduStorm.Tally;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine;
import vfio.admin.Command;
import vfio.admin.ExitCode;
import vfio.admin.Json;
import vfio.admin.Session;
import vfio.core.Errno;
import vfio.core.VfioException;

/** Keeps a function busy, and says what came of it. */
@CommandLine.Command(name = "storm", description = "Keep an edu device busy, and say what came of it so far.",
        footer = {"%nExample:", "  vfio storm 0000:00:03.0"})
final class StormCommand implements Command {
    private static final double MILLISECOND = 1e6;

    private final Storms storms;

    @CommandLine.Parameters(paramLabel = "NAME", description = "An edu device that is bound to a VFIO driver.")
    private String name;

    @CommandLine.Option(names = "--calm", description = "End the load; the function stays open.")
    private boolean calm;

    @CommandLine.Option(names = "--end", description = "Close the function.")
    private boolean end;

    @CommandLine.Option(names = "--json", description = "Print JSON, schema 1.")
    private boolean json;

    @CommandLine.Option(names = {"-h", "--help"}, usageHelp = true, description = "Print this help.")
    private boolean help;

    StormCommand(Storms storms) {
        this.storms = storms;
    }

    @Override
    public String group() {
        return "Examples";
    }

    @Override
    public ExitCode run(Session session) {
        EduStorm storm = calm || end ? storms.begunBefore(name) : storms.begun(name);
        if (calm || end) {
            calm(storm);
        }
        Tally tally = storm.tally();
        if (end) {
            storms.end(name);
        }
        if (json) {
            Json.rows(session, "storms", List.of(tally));
        } else {
            session.out().println(sentence(tally));
        }
        return ExitCode.OK;
    }

    private static void calm(EduStorm storm) {
        try {
            storm.calm();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new VfioException(Errno.EINTR, "end the load: interrupted");
        }
    }

    private static String sentence(Tally tally) {
        return String.format(Locale.ROOT, "%s: %,d operations, %d errors, interrupts %,d raised and %,d come, longest call "
                + "%.1f ms%s", tally.function(), tally.operations(), tally.errors(), tally.raised(), tally.came(),
                tally.longestNanos() / MILLISECOND, tally.firstError() == null ? "" : "\n  first error: " + tally.firstError());
    }
}
