// SPDX-License-Identifier: Apache-2.0
package vfio.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import vfio.core.Errno;
import vfio.core.VfioException;

/** Refusals, wrong usage and internal errors: one sentence or object, and an exit code each. */
class RefusalTest extends ShellFixture {
    @ParameterizedTest
    @EnumSource(Errno.class)
    void everyErrnoIsOneSentenceAndBusyAloneACodeOfItsOwn(Errno errno) {
        pci.refusal = new VfioException(errno, "bind 0000:01:00.1: it cannot be");
        assertEquals(errno == Errno.EBUSY ? 5 : 1, run("bind", "0000:01:00.1"));
        assertEquals("vfio: bind 0000:01:00.1: it cannot be (" + errno + ", " + errno.text() + ")\n", err());
        assertEquals("", out());
    }

    @ParameterizedTest
    @CsvSource(nullValues = "null", value = {"bind 0000:01:00.1,EBUSY,5,0000:01:00.1", "bind --all,EINVAL,1,null",
        "list,ENODEV,1,null", "show x,ENODEV,1,x"})
    void refusalInJsonIsOneObjectOnStandardError(String line, Errno errno, int code, String object) {
        pci.refusal = new VfioException(errno, "do it: it\u009b cannot be");
        assertEquals(code, run((line + " --json").split(" ")));
        assertEquals("", out());
        assertError(pci.refusal.getMessage(), errno.name(), code, object);
    }

    @ParameterizedTest
    @CsvSource({"bind --json,2", "frobnicate --json,2", "--json list,2", "policy x pinned --json,2"})
    void wrongUsageInJsonIsAnObjectToo(String line, int code) {
        assertEquals(code, run(line.split(" ")));
        JsonObject error = error();
        assertTrue(error.get("errno").isJsonNull() && error.get("object").isJsonNull(), error.toString());
        assertEquals(code, error.get("code").getAsInt());
    }

    @Test
    void internalErrorAndMissingDaemonAreObjectsInJson() {
        pci.failure = new IllegalStateException("secret");
        assertEquals(70, run("list", "--json"));
        assertError("internal error, see the daemon's log: IllegalStateException", null, 70, null);
        session.errText.getBuffer().setLength(0);
        session.standalone = true;
        assertEquals(3, run("status", "--json"));
        assertError("no daemon runs in /run/vfio; start one with ./vfio run", null, 3, null);
    }

    @Test
    void jsonBehindTwoDashesIsAnArgument() {
        pci.refusal = new VfioException(Errno.EINVAL, "no");
        assertEquals(1, run("override", "a", "--", "--json"));
        assertEquals("vfio: no (EINVAL, invalid argument)\n", err());
    }

    private JsonObject error() {
        assertEquals(1, err().lines().count(), err());
        JsonObject json = JsonParser.parseString(err()).getAsJsonObject();
        assertEquals(Set.of("schema", "error"), json.keySet());
        assertEquals(1, json.get("schema").getAsInt());
        return json.getAsJsonObject("error");
    }

    private void assertError(String message, String errno, int code, String object) {
        JsonObject expected = new JsonObject();
        expected.addProperty("message", message);
        expected.addProperty("errno", errno);
        expected.addProperty("code", code);
        expected.addProperty("object", object);
        assertEquals(expected, error());
    }

    @ParameterizedTest
    @CsvSource({"REFUSED,1", "UNREADABLE,2", "UNKNOWN_NAME,4", "NOT_BOUND,6"})
    void everyKindOfRefusalHasOneExitCode(VfioException.Kind kind, int code) {
        pci.refusal = new VfioException(kind, Errno.ENODEV, "bind 0000:01:00.1: it cannot be");
        assertEquals(code, run("bind", "0000:01:00.1"));
    }

    @Test
    void anythingElseIsAnInternalErrorWithoutAStack() {
        pci.failure = new IllegalStateException("secret\ndetail");
        assertEquals(70, run("list"));
        assertEquals("vfio: internal error, see the daemon's log: IllegalStateException\n", err());
    }

    @Test
    void brokenProviderIsAnInternalError() {
        VfioShell shell = new VfioShell(() -> {
            throw new LinkageError("no such class");
        });
        assertEquals(70, shell.run(List.of("list"), session));
        assertEquals("vfio: internal error, see the daemon's log: LinkageError\n", err());
    }

    @Test
    void unknownCommandGetsASuggestion() {
        assertEquals(2, run("lst"));
        assertEquals("vfio: 'lst' is no command; did you mean list?\nSee vfio --help.\n", err());
        assertEquals(2, run("frobnicate"));
        assertTrue(err().contains("vfio: 'frobnicate' is no command\n"), err());
        assertEquals("", out());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "--wrong", "list --wrong", "show", "bind", "bind x --all", "bind --all --dry-run",
        "bind --all --driver d", "candidates", "candidates x --modalias y", "override x d --clear", "policy x pinned",
        "policy x auto d", "policy x auto d e", "policy --dry-run", "policy x --dry-run", "events --since x", "pin x",
                "new-id d", "why x", "list extra"})
    void wrongUsageIsTwoWithOneSentenceAndNothingDone(String line) {
        assertEquals(2, run(line.isEmpty() ? new String[0] : line.split(" ")));
        assertEquals("", out());
        assertFalse(err().isEmpty());
        assertTrue(line.isEmpty() || err().startsWith("vfio: "), err());
        assertEquals(List.of(), pci.acts);
    }
}
