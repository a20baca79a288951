// SPDX-License-Identifier: Apache-2.0
package launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.junit.jupiter.api.Test;

class LogTest {
    /** The form that Java's formatter gives, told the same by a format. */
    @Test
    void aLineIsThatOfTheFormatBefore() {
        for (Throwable thrown : new Throwable[] {null, new IOException("gone")}) {
            LogRecord line = new LogRecord(Level.WARNING, "{0} of {1}");
            line.setParameters(new Object[] {1, "2"});
            line.setLoggerName("acme.Driver");
            line.setThrown(thrown);
            StringWriter stack = new StringWriter();
            if (thrown != null) {
                PrintWriter to = new PrintWriter(stack);
                to.println();
                thrown.printStackTrace(to);
                to.flush();
            }
            assertEquals(String.format("%1$tF %1$tT.%1$tL %2$s %3$s: %4$s%5$s%n",
                    ZonedDateTime.ofInstant(line.getInstant(), ZoneId.systemDefault()), "WARNING", "acme.Driver", "1 of 2",
                    stack), new LogLine().format(line));
        }
    }

    @Test
    void aFullDiskIsSaidOnceWithoutAStack() {
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        Log.OneComplaint complaint = new Log.OneComplaint(Path.of("/s/daemon.log"), new PrintStream(said, true));
        for (int i = 0; i < 3; i++) {
            complaint.error(null, new IOException("No space left on device"), 1);
        }
        assertEquals("vfio: lines of the log are lost, since /s/daemon.log cannot be written: No space left on device\n",
                said.toString());
    }
}
