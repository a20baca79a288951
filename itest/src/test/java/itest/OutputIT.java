// SPDX-License-Identifier: Apache-2.0
package itest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import itest.Product.Result;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Output that cannot be written, and answers that need no framework. */
class OutputIT {
    @TempDir
    Path folder;

    private Result shell(String line) throws Exception {
        return Product.run(Map.of("PATH", System.getenv("PATH"), "JAVA_HOME", System.getProperty("java.home"), "VFIO",
                Product.here().script(), "VFIO_DIR", "none"), folder, List.of("/bin/bash", "-c", line));
    }

    @ParameterizedTest
    @ValueSource(strings = {"--version", "run --help", "list --help", "snapshot emulated", "demo",
        "run --dir run --drivers drivers"})
    void aFullDiskIsAFailureThatIsSaid(String command) throws Exception {
        Result result = shell("\"$VFIO\" " + command + " >/dev/full");
        assertEquals(new Result(1, "", "vfio: write standard output: No space left on device\n"), result);
    }

    @Test
    void aClosedOutputIsAFailureToo() throws Exception {
        assertEquals(new Result(1, "", "vfio: write standard output: Bad file descriptor\n"),
                shell("\"$VFIO\" --version >&-"));
        assertEquals(0, shell("\"$VFIO\" --version <&- 2>&-").code());
    }

    @Test
    void aReaderThatHasGoneIsNoneAndItsCodeIsOfThePipe() throws Exception {
        Result result = shell("\"$VFIO\" snapshot emulated | head -n 1; echo ${PIPESTATUS[0]}");
        assertTrue(result.out().endsWith("\n141\n"), result::toString);
        assertEquals("", result.err());
    }

    @Test
    void thatNoDaemonRunsIsSaidWithoutAFramework() throws Exception {
        for (String command : List.of("status", "stop", "list", "bind 0000:01:00.2")) {
            Result result = shell("VFIO_JAVA_OPTS=-verbose:class \"$VFIO\" " + command);
            assertEquals(3, result.code(), result::toString);
            assertFalse(result.out().contains("org.apache.felix"), command);
        }
    }

    /** Root's daemon would be closed to a test that is not root; a directory without permissions is to anyone else. */
    @Test
    void whatNeedsNoDaemonIsAnsweredBesideOneOfAnotherUser() throws Exception {
        boolean root = shell("id -u").out().equals("0\n");
        String as = root ? "setpriv --reuid=65534 --regid=65534 --clear-groups " : "";
        String closed = "mkdir -m " + (root ? "700" : "000") + " none; chmod 755 .; ";
        Result refused = shell(closed + as + "\"$VFIO\" status");
        assertEquals(1, refused.code(), refused::toString);
        assertTrue(refused.err().contains("permission denied; it belongs to another user"), refused::toString);
        Result listed = shell(as + "\"$VFIO\" list --bus emulated");
        assertEquals(0, listed.code(), listed::toString);
    }
}
