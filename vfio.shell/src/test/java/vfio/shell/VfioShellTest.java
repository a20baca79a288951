// SPDX-License-Identifier: Apache-2.0
package vfio.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import vfio.admin.CommandProvider;
import vfio.shell.commands.Commands;
import vfio.shell.commands.FakeDeploy;

/** What the commands ask of the core, and print of its answers. */
class VfioShellTest extends ShellFixture {
    /** Where nothing deploys, the host's bus is not here and nobody may end it. */
    private int runBare(String... args) {
        return new VfioShell(Commands.over(pci, null, null, null, log, null, null)).run(List.of(args), session);
    }

    @ParameterizedTest
    @ValueSource(strings = {"doctor", "files", "pin", "unpin", "stop", "snapshot", "list", "update", "rollback",
        "hold", "unhold"})
    void everyCommandIsListedAndHelpsWhateverIsHere(String command) {
        assertEquals(0, runBare("--help"));
        assertTrue(out().contains("\n  " + command + " "), out());
        session.outText.getBuffer().setLength(0);
        assertEquals(0, runBare(command, "--help"));
        assertTrue(out().startsWith("Usage: vfio " + command + " "), out());
    }

    @Test
    void doctorIsLeftToTheClientWhereTheHostsBusIsNotHere() {
        assertEquals(75, runBare("doctor"));
        assertEquals("", out() + err());
        assertEquals(2, runBare("doctor", "--memory", "lots"));
        session.standalone = true;
        assertEquals(1, runBare("doctor"), "nobody else is there to ask");
    }

    @ParameterizedTest
    @ValueSource(strings = {"files", "pin", "pin a 1", "unpin a", "update", "update a", "rollback a", "hold", "unhold a"})
    void commandsOfTheDriverFoldersSayThatThereAreNone(String line) {
        assertEquals(1, runBare(line.split(" ")));
        assertTrue(err().contains("no bundle here deploys"), err());
    }

    @Test
    void hostileArgumentsAreShownEscaped() {
        run("l\u001b[31mst\n");
        run("show", "\u009b31m");
        assertTrue(err().chars().allMatch(c -> c == '\n' || c >= 0x20 && c < 0x7f || c > 0x9f), err());
        assertTrue(err().contains("l\\x1b[31mst\\n"), err());
    }

    @Test
    void whatIsWantedOfTheHostReachesIt() {
        assertEquals(0, run("bind a --host-driver vfio-pci --force network --force display --owner u".split(" ")));
        assertEquals(List.of("bind a null false vfio-pci [network, display] u"), pci.acts);
        assertEquals(2, run("bind", "--all", "--force", "network"));
    }

    @Test
    void argumentsThatNameFilesAreNotRead() {
        assertEquals(0, run("override", "0000:01:00.1", "@/etc/hostname"));
        assertEquals(List.of("override 0000:01:00.1 [@/etc/hostname]"), pci.acts);
    }

    @Test
    void textForTheOverrideArrivesByteForByte() {
        run("override", "a", "x\ny");
        run("override", "a", "--", "-z");
        run("override", "a", "");
        run("override", "a", "--clear");
        run("override", "a", "\"quoted\"");
        assertEquals(List.of("override a [x\ny]", "override a [-z]", "override a []", "override a []",
                "override a [\"quoted\"]"), pci.acts);
    }

    @Test
    void optionsReachTheFacet() {
        run("bind", "b", "--driver", "d", "--dry-run");
        run("bind", "--all");
        run("policy", "0000:*", "pinned", "d");
        run("new-id", "d", "8086", "10d3", "0");
        run("remove-id", "d", "8086 10d3");
        run("candidates", "--modalias", "vfio_pci:v1");
        assertEquals(List.of("bind b d true", "probeAll", "policy 0000:* [pinned d]", "", "newId d [8086 10d3 0]",
                "removeId d [8086 10d3]", "candidatesFor vfio_pci:v1"), pci.acts);
    }

    @Test
    void hostileOverrideIsOneLineOfTheTable() {
        pci.addHostFunction("virtio-pci", "a\nb\u001b]0;title\u0007", List.of("cannot read class"));
        assertEquals(0, run("list"));
        assertTrue(out().contains("linux/0000:00:03.0     1af4:1000"), out());
        assertEquals(pci.rows.size() + 1, out().lines().count());
        assertFalse(out().contains("\u001b"));
        assertEquals("vfio: 1 could not be read whole; vfio show NAME says what is missing\n", err());
    }

    @Test
    void busThatIsNotHeldIsLeftToTheClientWithoutAWord() {
        assertEquals(75, run("list", "--bus", "linux"));
        assertEquals(75, run("show", "linux/0000:00:03.0"));
        assertEquals("", out() + err());
        assertEquals(0, run("list", "--bus", "emulated"));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void pathIsNoBusAndAsksForTheFunctionAsItIsWritten(boolean standalone) {
        session.standalone = standalone;
        run("show", "/sys/bus/pci/devices/0000:01:00.1");
        assertTrue(err().startsWith("vfio: there is no function /sys/bus/pci/devices/0000:01:00.1"), err());
    }

    @Test
    void unbindToHostIsAnActOfItsOwnAndHasADryRun() {
        assertEquals(0, run("unbind", "0000:01:00.1", "--to-host", "--dry-run"));
        assertEquals(0, run("unbind", "0000:01:00.1", "--to-host"));
        assertEquals(List.of("unbind to host 0000:01:00.1", "unbind to host 0000:01:00.1"), pci.acts);
        assertEquals(2, run("unbind", "0000:01:00.1", "--dry-run"));
    }

    @Test
    void standaloneThereIsNobodyElseToAsk() {
        session.standalone = true;
        assertEquals(4, run("list", "--bus", "linux"));
        assertEquals("vfio: there is no bus linux; there is emulated (ENODEV, no such device)\n", err());
    }

    @ParameterizedTest
    @ValueSource(strings = {"list --bus emulated", "show 0000:01:00.1", "aliases", "candidates --modalias pci:v1", "--help",
        "--version", "bind --help"})
    void statelessCommandsAnswerWithoutADaemon(String line) {
        session.standalone = true;
        assertEquals(0, run(line.split(" ")), err());
    }

    @ParameterizedTest
    @ValueSource(strings = {"list", "status", "drivers", "candidates x", "why x y", "bind x", "bind --all", "unbind x",
        "override x", "policy", "new-id d 1 2", "remove-id d 1 2", "events", "files", "pin", "unpin x", "stop", "update",
        "rollback x", "hold", "unhold x", "state x"})
    void commandsThatNeedStateAreRefusedWithoutADaemon(String line) {
        session.standalone = true;
        assertEquals(3, run(line.split(" ")));
        assertEquals("vfio: no daemon runs in /run/vfio; start one with ./vfio run\n", err());
        assertEquals(List.of(), pci.acts);
        assertNull(session.afterwards);
    }

    @Test
    void stopIsDoneAfterTheAnswer() {
        assertEquals(0, run("stop"));
        assertEquals(0, stops.get());
        assertNotNull(session.afterwards);
        session.afterwards.run();
        assertEquals(1, stops.get());
    }

    @Test
    void stopOfAFrameworkSomebodyElseStartedIsRefused() {
        assertEquals(1, run((Runnable) null, "stop"));
    }

    @Test
    void unpinOfWhatIsNotPinnedIsSaidAndNoError() {
        assertEquals(0, run("unpin", "x"));
        assertTrue(out().startsWith("x is not pinned\n"), out());
    }

    @Test
    void coloursAreForTerminalsAlone() {
        run("--help");
        assertFalse(out().contains("\u001b["));
        session.terminal = true;
        run("--help");
        assertTrue(out().contains("\u001b["));
    }

    @Test
    void equalOutcomesOfManyAreOneLineAndInJsonARowEach() {
        pci.matched = 4096;
        assertEquals(0, run("policy", "0000:*", "auto"));
        assertEquals("0000:00:00.0 and 4095 others: no driver\n  policy auto\n", out());
        session.outText.getBuffer().setLength(0);
        run("policy", "0000:*", "auto", "--json");
        assertEquals(4096, JsonParser.parseString(out()).getAsJsonObject().getAsJsonArray("outcomes").size());
        session.outText.getBuffer().setLength(0);
        pci.matched = 8;
        run("policy", "0000:*", "auto");
        assertEquals(16, out().lines().count(), out());
    }

    @Test
    void pinAndUnpinSayInJsonWhetherTheyHaveChangedAnything() {
        VfioShell shell = new VfioShell(Commands.over(pci, new FakeDeploy(), null, log, stops::incrementAndGet));
        for (String line : List.of("pin a 1 true", "pin a 1 false", "pin a 2 true", "unpin a true", "unpin a false")) {
            List<String> words = List.of(line.split(" "));
            List<String> args = new ArrayList<>(words.subList(0, words.size() - 1));
            args.add("--json");
            session.outText.getBuffer().setLength(0);
            assertEquals(0, shell.run(args, session));
            assertEquals(words.get(words.size() - 1),
                    JsonParser.parseString(out()).getAsJsonObject().get("changed").getAsString(), line);
        }
    }

    @Test
    void providersComeAndGo() {
        VfioShell shell = new VfioShell(List::of);
        CommandProvider provider = Commands.over(pci, new FakeDeploy(), null, log, () -> { });
        assertEquals(2, shell.run(List.of("list"), session));
        shell.addProvider(provider);
        assertEquals(0, shell.run(List.of("list"), session));
        shell.removeProvider(provider);
        assertEquals(2, shell.run(List.of("list"), session));
    }

    @ParameterizedTest
    @CsvSource({"list,functions", "show 0000:01:00.1,functions", "status,status", "drivers,drivers", "why a b,candidates",
        "candidates 0000:01:00.1,candidates", "candidates --modalias pci:v1,candidates", "bind x,outcomes",
        "bind --all,outcomes", "unbind x,outcomes", "override x d,outcomes", "override 0000:01:00.1,functions",
        "policy,policies", "policy 0000:01:00.1,policies", "policy x auto,outcomes", "policy ffff:* auto,outcomes",
        "new-id d 1 2,outcomes", "remove-id d 1 2,outcomes", "aliases,aliases", "events,events", "files,files", "pin,pins",
        "pin a 1,pins", "unpin a,pins", "stop,stopping", "reset a,outcomes", "vfs 0000:01:00.0 4,outcomes",
        "write a bar0 0 1,registers", "read a bar0 0,registers", "dump a bar0 0 20,bytes", "regions a,regions", "irqs a,irqs",
        "config a,config", "config a -x,bytes", "config a --diff,differences",
        "reset-method a,functions", "hot-reset a --info,functions",
        "snapshot emulated,snapshot", "doctor,findings", "update,updates", "update d,updates", "update d --dry-run,steps",
        "update --stats,stats", "rollback mlx5,updates", "hold,holds", "hold a,holds", "unhold a,holds", "state a,state"})
    void everyCommandHasJsonOfSchemaOne(String line, String name) {
        List<String> args = new ArrayList<>(List.of(line.split(" ")));
        args.add("--json");
        run(args.toArray(String[]::new));
        JsonObject json = JsonParser.parseString(out()).getAsJsonObject();
        boolean act = line.matches("(un)?(pin|hold) a.*");
        assertEquals(act ? Set.of("schema", "changed", name) : Set.of("schema", name), json.keySet());
        assertEquals(1, json.get("schema").getAsInt());
        assertTrue(json.get(name).isJsonArray() || name.startsWith("st"));
        assertEquals("", err());
    }

    /** So that one added later is in the list above. */
    @Test
    void everyCommandTakesJson() {
        assertEquals(0, run("--help"));
        List<String> commands = out().lines().filter(line -> line.matches("  [a-z-]+ +[A-Z].*")).map(String::strip)
                .map(line -> line.split(" ")[0]).filter(name -> !List.of("run", "demo").contains(name)).toList();
        assertTrue(commands.size() > 25, commands.toString());
        for (String command : commands) {
            session.outText.getBuffer().setLength(0);
            assertEquals(0, run(command, "--help"));
            assertTrue(out().contains(" --json "), out());
        }
    }

    @ParameterizedTest
    @CsvSource({"0xfffff 1,0", "0 0x100001,1", "0xffff0 64,1", "0x100000 1,1", "0 0,1", "0xffffffffffffffff 2,1",
        "0 0xffffffffffffffff,1"})
    void dumpIsOfAllThatWasAskedOrRefusedBeforeItsFirstLine(String range, int code) {
        assertEquals(code, run(("dump 0000:01:00.1 bar0 " + range).split(" ")));
        assertEquals(code == 0, !out().isEmpty());
        assertTrue(code == 0 || err().contains("region 0 of 0000:01:00.1: it has 0x100000 bytes"), err());
    }

    @Test
    void countOfVfsThatThereIsIsSaidAndNotSetAgain() {
        assertEquals(0, run("vfs", "0000:01:00.0", "0"));
        assertEquals("0000:01:00.0: has 0 VFs already\n", out());
        session.outText.getBuffer().setLength(0);
        run("vfs", "0000:01:00.0", "4", "--json");
        JsonObject act = JsonParser.parseString(out()).getAsJsonObject().getAsJsonArray("outcomes").get(0).getAsJsonObject();
        assertTrue(act.get("changed").getAsBoolean(), act.toString());
    }

    @Test
    void listHasTheFieldsThatWerePromised() {
        run("list", "--json");
        JsonObject json = JsonParser.parseString(out()).getAsJsonObject();
        JsonObject row = json.getAsJsonArray("functions").get(4).getAsJsonObject();
        assertTrue(row.keySet().containsAll(Set.of("address", "vendor", "device", "subvendor", "subdevice", "class",
                "hostDriver", "driver", "override", "overrideOwner", "policy", "iommuGroup")), row.toString());
        assertTrue(row.get("hostDriver").isJsonNull());
        assertEquals(4, row.get("iommuGroup").getAsInt());
    }

    @Test
    void versionNamesTheJava() {
        assertEquals(0, run("--version"));
        assertTrue(out().startsWith("vfio ") && out().contains("Java "), out());
    }
}
