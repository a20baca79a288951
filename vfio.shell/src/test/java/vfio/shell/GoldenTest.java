// SPDX-License-Identifier: Apache-2.0
package vfio.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import vfio.core.EventLog;
import vfio.shell.commands.Commands;
import vfio.shell.commands.FakeDeploy;
import vfio.shell.commands.FakeNames;
import vfio.shell.commands.FakePci;

/** What each command prints, byte for byte. {@code -Dgolden.write=true} writes the files anew; read the difference. */
class GoldenTest {
    private static final Path GOLDEN = Path.of("src/test/resources/golden");

    /** File name, width, command line. */
    static Stream<List<Object>> runs() {
        return Stream.of(List.of("list.80", 80, "list"), List.of("list.120", 120, "list"), List.of("list.0", 0, "list"),
                List.of("list.json", 80, "list --json"), List.of("show.80", 80, "show 0000:01:00.1"),
                List.of("show.json", 80, "show 0000:01:00.1 --json"), List.of("status.80", 80, "status"),
                List.of("status.json", 80, "status --json"), List.of("drivers.80", 80, "drivers"),
                List.of("drivers.0", 0, "drivers"), List.of("drivers.json", 80, "drivers --json"),
                List.of("candidates.80", 80, "candidates 0000:01:00.1"),
                List.of("candidates.120", 120, "candidates 0000:01:00.1"),
                List.of("candidates.none", 80, "candidates 0000:04:00.0"),
                List.of("candidates.json", 80, "candidates --json --modalias pci:v1"),
                List.of("why.80", 80, "why 0000:01:00.1 igd-vfio-pci"), List.of("why.json", 80, "why 0000:01:00.1 x --json"),
                List.of("bind.80", 80, "bind 0000:01:00.1"),
                List.of("bind.dry", 80, "bind 0000:01:00.1 --driver d --dry-run"),
                List.of("bind.all", 80, "bind --all"), List.of("bind.json", 80, "bind 0000:01:00.1 --json"),
                List.of("unbind.80", 80, "unbind 0000:01:00.1"), List.of("override.80", 80, "override 0000:01:00.1"),
                List.of("override.set", 80, "override 0000:01:00.1 vfio-pci"), List.of("policy.80", 80, "policy"),
                List.of("policy.one", 80, "policy 0000:01:00.1"), List.of("policy.set", 80, "policy 0000:01:00.1 pinned d"),
                List.of("policy.none", 80, "policy ffff:* auto"),
                List.of("policy.dry", 80, "policy 0000:01:00.1 auto --dry-run"),
                List.of("policy.remove", 80, "policy 0000:01:00.1 default"),
                List.of("policy.remove-none", 80, "policy ffff:* default"), List.of("policy.json", 80, "policy --json"),
                List.of("new-id.80", 80, "new-id vfio-pci 8086 10d3"), List.of("aliases.80", 80, "aliases"),
                List.of("aliases.json", 80, "aliases --json"), List.of("files.80", 80, "files"),
                List.of("files.json", 80, "files --json"), List.of("pin.80", 80, "pin vfio.pci.mlx5 0.1.0"),
                List.of("pin.none", 80, "pin"), List.of("regions.80", 80, "regions 0000:01:00.1"),
                List.of("regions.json", 80, "regions 0000:01:00.1 --json"), List.of("irqs.80", 80, "irqs 0000:01:00.1"),
                List.of("config.80", 80, "config 0000:01:00.1"), List.of("config.hex", 80, "config 0000:01:00.1 --user -x"),
                List.of("config.diff", 80, "config 0000:01:00.1 --diff"),
                List.of("config.json", 80, "config 0000:01:00.1 --json"),
                List.of("read.80", 80, "read 0000:01:00.1 bar0 0x10"),
                List.of("read.wide", 80, "read 0000:01:00.1 config 8 -w 64 --json"),
                List.of("read.width", 80, "read 0000:01:00.1 0 0 -w 12"), List.of("read.name", 80, "read 0000:01:00.1 bar 0"),
                List.of("read.bar6", 80, "read 0000:01:00.1 bar6 0"),
                List.of("read.beyond", 80, "read 0000:01:00.1 4294967296 0"),
                List.of("write.busy", 80, "write 0000:01:00.0 bar0 0 1"),
                List.of("write.force", 80, "write 0000:01:00.0 bar0 0 1 --force"),
                List.of("write.reset", 80, "write 0000:01:00.1 config 4 6 -w 16"),
                List.of("write.stays", 80, "write 0000:01:00.1 bar0 0 1"),
                List.of("write.large", 80, "write 0000:01:00.1 bar0 0 0x100 -w 8"),
                List.of("dump.80", 80, "dump 0000:01:00.1 bar0 0 100"), List.of("reset.80", 80, "reset 0000:01:00.1"),
                List.of("reset.busy", 80, "reset 0000:01:00.0"),
                List.of("reset-method.80", 80, "reset-method 0000:01:00.1"),
                List.of("reset-method.json", 80, "reset-method 0000:01:00.1 bus flr --json"),
                List.of("reset-method.none", 80, "reset-method 0000:01:00.1 --none"),
                List.of("reset-method.usage", 80, "reset-method 0000:01:00.1 flr --none"),
                List.of("reset-method.absent", 80, "reset-method 0000:01:00.1 acpi"),
                List.of("vfs.80", 80, "vfs 0000:01:00.0 4"),
                List.of("hot-reset.info", 80, "hot-reset 0000:01:00.1 --info"),
                List.of("hot-reset.busy", 80, "hot-reset 0000:01:00.1"), List.of("stop.80", 80, "stop"),
                List.of("doctor.80", 80, "doctor"), List.of("doctor.json", 80, "doctor --json --memory 16G"),
                List.of("doctor.size", 80, "doctor --memory lots"),
                List.of("update.80", 80, "update"), List.of("update.json", 80, "update --json"),
                List.of("update.back", 80, "update acme_vfio_pci"), List.of("update.mixed", 80, "update beta_vfio_pci"),
                List.of("update.dry", 80, "update mlx5_vfio_pci --dry-run"),
                List.of("update.dry.json", 80, "update mlx5_vfio_pci --dry-run --json"),
                List.of("update.stats", 80, "update --stats"), List.of("update.stats.json", 80, "update --stats --json"),
                List.of("rollback.80", 80, "rollback mlx5_vfio_pci"), List.of("rollback.none", 80, "rollback d"),
                List.of("hold.80", 80, "hold vfio.pci.mlx5"), List.of("hold.none", 80, "hold"),
                List.of("state.80", 80, "state 0000:01:00.1"), List.of("state.none", 80, "state 0000:01:00.2"),
                List.of("state.json", 80, "state 0000:01:00.1 --json"),
                List.of("help.80", 80, "--help"), List.of("help.update", 80, "update --help"),
                List.of("help.bind", 80, "bind --help"), List.of("help.candidates", 80, "candidates --help"));
    }

    @ParameterizedTest
    @MethodSource("runs")
    void printsAsItDid(List<Object> run) throws IOException {
        VfioShell shell = new VfioShell(
                Commands.over(new FakePci(), new FakeDeploy(), new FakeNames(), new EventLog(), () -> { }));
        TestSession session = new TestSession();
        session.width = (int) run.get(1);
        int code = shell.run(List.of(((String) run.get(2)).split(" ")), session);
        String text = session.outText + (session.errText.toString().isEmpty() ? "" : "--- stderr\n" + session.errText)
                + "--- exit " + code + "\n";
        Path golden = GOLDEN.resolve(run.get(0) + ".txt");
        if (Boolean.getBoolean("golden.write")) {
            Files.writeString(golden, text);
        }
        assertEquals(Files.readString(golden), text);
    }
}
