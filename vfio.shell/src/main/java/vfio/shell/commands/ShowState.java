// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine;
import vfio.admin.ExitCode;
import vfio.admin.Json;
import vfio.admin.Session;
import vfio.admin.Table;
import vfio.pci.core.admin.DeviceAdmin;
import vfio.pci.core.admin.DeviceAdmin.StateRow;
import vfio.pci.core.admin.DeviceAdmin.StateValue;

/** What the driver of a function keeps. */
@CommandLine.Command(name = "state",
        description = "Show what the driver of an open function would hand over to its next version.",
        footer = {"%nCalls of the function's users wait meanwhile, as in an update.", "%nExample:",
            "  vfio state 0000:01:00.2"})
final class ShowState extends DeviceCommand {
    private static final Table<StateValue> TABLE = Table.<StateValue>of("no values").left("name", StateValue::name)
            .left("kind", StateValue::kind).right("bytes", StateValue::length).flexible("value", ShowState::value);

    @CommandLine.Mixin
    private FunctionName function;

    ShowState(DeviceAdmin devices) {
        super(devices);
    }

    @Override
    public ExitCode run(Session session) {
        StateRow state = devices.state(function.name);
        if (output.json) {
            session.out().print(Json.value("state", state));
            return ExitCode.OK;
        }
        Map<String, Object> facts = new LinkedHashMap<>();
        facts.put("driver", state.driver());
        facts.put("version", state.version() == 0 ? "none: the driver has no state to hand over" : state.version());
        facts.put("lasting", state.version() == 0 ? null : state.lasting() ? "yes, it can be used later too" : "no");
        Output.facts(session, state.function(), facts);
        if (state.version() > 0) {
            session.out().println();
            TABLE.print(session, state.values());
        }
        return ExitCode.OK;
    }

    /** A byte string's first bytes, with a sign where more follow. */
    private static String value(StateValue value) {
        boolean cut = value.kind().equals("bytes") && value.length() > StateValue.SHOWN;
        return cut ? value.value() + "…" : value.value();
    }
}
