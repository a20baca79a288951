// SPDX-License-Identifier: Apache-2.0
package vfio.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import vfio.pci.core.id.DeviceKey;
import vfio.pci.core.id.PciAddress;
import vfio.pci.core.snapshot.FunctionSnapshot;
import vfio.shell.commands.Commands;
import vfio.shell.commands.FakePci;

class SnapshotTest {
    @TempDir
    private Path directory;
    private final TestSession session = new TestSession();
    private List<String> unread = List.of();

    private int run(String... args) {
        FunctionSnapshot function = new FunctionSnapshot(PciAddress.parse("01:00.0"),
                new DeviceKey(0x8086, 0x10d3, 0, 0, 0x020000), 0, List.of(), null, 3, new byte[256]);
        FakePci pci = new FakePci();
        pci.snapshot = told -> {
            unread.forEach(told);
            return Stream.of(function);
        };
        return new VfioShell(Commands.over(pci)).run(List.of(args), session);
    }

    @Test
    void printsAsLspciDoes() {
        assertEquals(0, run("snapshot", "emulated"));
        List<String> lines = session.outText.toString().lines().toList();
        assertEquals("0000:01:00.0 Class 0200: 8086:10d3 (rev 00)", lines.get(0));
        assertEquals("f0: 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00", lines.get(16));
    }

    @Test
    void writesATree() {
        Path tree = directory.resolve("tree");
        assertEquals(0, run("snapshot", "emulated", "--sysfs", tree.toString()));
        assertTrue(Files.exists(tree.resolve("bus/pci/devices/0000:01:00.0/config")));
        assertEquals("1 functions are in " + tree + "/bus/pci/devices\n", session.outText.toString());
        assertEquals(1, run("snapshot", "emulated", "--sysfs", tree.toString()), "something is in it now");
        assertTrue(session.errText.toString().contains("EEXIST"), session.errText.toString());
        assertEquals(1, run("snapshot", "emulated", "--sysfs", tree + "/no/such"));
    }

    @Test
    void aPathOfTheCallersDirectoryIsRefused() {
        assertEquals(2, run("snapshot", "emulated", "--sysfs", "tree"));
        assertEquals("", session.outText.toString());
    }

    @Test
    void jsonHasTheBytes() {
        assertEquals(0, run("snapshot", "emulated", "--json"));
        JsonObject json = JsonParser.parseString(session.outText.toString()).getAsJsonObject();
        assertEquals("00".repeat(256),
                json.getAsJsonArray("snapshot").get(0).getAsJsonObject().get("config").getAsString());
    }

    @Test
    void whatCannotBeReadIsTold() {
        unread = List.of("read 0000:00:02.0: it is gone");
        assertEquals(0, run("snapshot", "emulated"));
        assertEquals("vfio: left out: read 0000:00:02.0: it is gone\n", session.errText.toString());
    }

    @Test
    void anUnheldBusIsLeftToTheClient() {
        assertEquals(75, run("snapshot", "other"));
    }
}
