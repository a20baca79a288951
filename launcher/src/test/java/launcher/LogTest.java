// SPDX-License-Identifier: Apache-2.0
package launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class LogTest {
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
