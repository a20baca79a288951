// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import vfio.admin.ExitCode;
import vfio.admin.Json;
import vfio.admin.Session;
import vfio.admin.Table;
import vfio.pci.core.admin.DeviceAdmin;
import vfio.pci.core.admin.PciAdmin;
import vfio.pci.decode.DecodedCapability;
import vfio.pci.decode.DecodedConfig;
import vfio.pci.decode.DecodedField;

/** Configuration space, decoded: the hardware's, its user's, or where they differ. */
@CommandLine.Command(name = "config", description = "Show a function's configuration space, its capabilities decoded.",
        footer = {"%nExample:", "  vfio config 0000:01:00.2 --diff"})
final class ShowConfig extends DeviceCommand {
    private final PciAdmin pci;

    @CommandLine.Mixin
    private FunctionName function;

    @CommandLine.ArgGroup
    private View view = new View();

    @CommandLine.Option(names = {"-x", "--hex"}, description = "The bytes instead, as lspci -xxxx prints them.")
    private boolean hex;

    /** Whose configuration space. */
    private static final class View {
        @CommandLine.Option(names = "--raw", description = "The hardware's; the default. It needs no driver.")
        private boolean raw;

        @CommandLine.Option(names = "--user", description = "As its users see it. A function that nobody has open is opened "
                + "for this, and reset by that.")
        private boolean user;

        @CommandLine.Option(names = "--diff", description = "The dwords that differ between the two.")
        private boolean diff;
    }

    /** @param where the capability or header that the dword belongs to */
    private record Difference(int offset, String where, String raw, String user) {
    }

    private record Piece(int offset, String bytes) {
    }

    private record Capability(String name, int id, int offset, int length, Map<String, String> fields) {
    }

    ShowConfig(DeviceAdmin devices, PciAdmin pci) {
        super(devices);
        this.pci = pci;
    }

    @Override
    public boolean stateless() {
        return !view.user && !view.diff;
    }

    @Override
    public ExitCode run(Session session) {
        if (!Buses.held(pci, Buses.of(function.name), session)) {
            return ExitCode.NOT_HELD;
        }
        if (view.diff) {
            byte[] user = devices.config(function.name, true); // first: opening resets
            return difference(session, devices.config(function.name, false), user);
        }
        byte[] bytes = devices.config(function.name, view.user);
        return hex ? printHex(session, bytes) : print(session, DecodedConfig.of(bytes));
    }

    private ExitCode printHex(Session session, byte[] bytes) {
        if (output.json) {
            Json.rows(session, "bytes", List.of(new Piece(0, HexFormat.of().formatHex(bytes))));
        } else {
            session.out().print(HexDump.of(bytes, 0));
        }
        return ExitCode.OK;
    }

    private ExitCode print(Session session, DecodedConfig config) {
        if (output.json) {
            List<Capability> rows = new ArrayList<>();
            rows.add(new Capability("header", 0, 0, 64, fields(config.header())));
            config.capabilities().forEach(c -> rows.add(new Capability(c.name(), c.id(), c.offset(), c.length(),
                    fields(c.fields()))));
            Json.rows(session, "config", rows);
            return ExitCode.OK;
        }
        Output.facts(session, "header", registers(config.header()));
        for (DecodedCapability capability : config.capabilities()) {
            String title = "[%02x] %s, %d bytes".formatted(capability.offset(), capability.name(), capability.length());
            Output.facts(session, title, registers(capability.fields()));
        }
        config.warnings().forEach(warning -> session.err().println("vfio: " + warning));
        return ExitCode.OK;
    }

    private static Map<String, String> fields(List<DecodedField> fields) {
        Map<String, String> all = new LinkedHashMap<>();
        fields.forEach(field -> all.put(field.register() + " " + field.name(), field.text()));
        return all;
    }

    /** A line for each register, with its fields behind each other. */
    private static Map<String, String> registers(List<DecodedField> fields) {
        Map<String, String> lines = new LinkedHashMap<>();
        for (DecodedField field : fields) {
            boolean bit = field.text().equals("+") || field.text().equals("-");
            lines.merge(field.register(), field.name() + (bit ? "" : " ") + field.text(), (all, one) -> all + ", " + one);
        }
        return lines;
    }

    private ExitCode difference(Session session, byte[] raw, byte[] user) {
        DecodedConfig config = DecodedConfig.of(raw);
        List<Difference> rows = new ArrayList<>();
        for (int at = 0; at < raw.length; at += 4) {
            String left = HexDump.dword(raw, at);
            String right = HexDump.dword(user, at);
            if (!left.equals(right)) {
                rows.add(new Difference(at, where(config, at), left, right));
            }
        }
        Table<Difference> table = Table.<Difference>of("the user sees the hardware's bytes")
                .left("offset", row -> "%03x".formatted(row.offset())).left("raw", Difference::raw)
                .left("user", Difference::user).left("in", Difference::where);
        return output.rows(session, "differences", rows, table);
    }

    private static String where(DecodedConfig config, int at) {
        return config.capabilities().stream().filter(c -> at + 3 >= c.offset() && at < c.offset() + c.length()).findFirst()
                .map(DecodedCapability::name).orElse(at < 0x40 ? "header" : null);
    }
}
