// SPDX-License-Identifier: Apache-2.0
package launcher;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.logging.Formatter;
import java.util.logging.LogRecord;

/**
 * The line of a log record: time, level, logger and message, then the stack of what was thrown. Java's own formatter does the
 * same by a format of printf, and walks the stack of each record for the caller's name, which no line has.
 */
final class LogLine extends Formatter {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss.SSS", Locale.ROOT)
            .withZone(ZoneId.systemDefault());

    @Override
    public String format(LogRecord line) {
        String end = System.lineSeparator();
        return TIME.format(line.getInstant()) + " " + line.getLevel().getName() + " " + line.getLoggerName() + ": "
                + formatMessage(line) + (line.getThrown() == null ? "" : end + stack(line.getThrown())) + end;
    }

    private static String stack(Throwable thrown) {
        StringWriter text = new StringWriter();
        PrintWriter to = new PrintWriter(text);
        thrown.printStackTrace(to);
        to.flush();
        return text.toString();
    }
}
