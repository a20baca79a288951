// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import picocli.CommandLine;
import vfio.admin.ExitCode;
import vfio.admin.Json;
import vfio.admin.Session;
import vfio.pci.core.admin.PciAdmin;
import vfio.pci.core.admin.PciAdmin.BarRow;
import vfio.pci.core.admin.PciAdmin.FunctionDetail;
import vfio.pci.core.admin.PciAdmin.FunctionRow;
import vfio.pci.core.admin.PciAdmin.HostRow;

/** One function, whole. */
@CommandLine.Command(name = "show", description = "Show everything about a function, its candidates included.",
        footer = {"%nExample:", "  vfio show 0000:01:00.2"})
final class ShowFunction extends FunctionCommand {
    private final FunctionNames names;

    @CommandLine.Mixin
    private FunctionName function;

    ShowFunction(PciAdmin pci, FunctionNames names) {
        super(pci);
        this.names = names;
    }

    @Override
    public Kind kind() {
        return Kind.PROMPT;
    }

    @Override
    public boolean stateless() {
        return true;
    }

    @Override
    public ExitCode run(Session session) {
        if (!Buses.held(pci, Buses.of(function.name), session)) {
            return ExitCode.NOT_HELD;
        }
        FunctionDetail detail = pci.function(function.name);
        if (output.json) {
            Json.rows(session, "functions", List.of(detail));
            return ExitCode.OK;
        }
        Map<String, Object> facts = new LinkedHashMap<>();
        identity(detail, facts);
        driver(detail, facts);
        host(detail, facts);
        facts.put("warnings", detail.row().warnings());
        hardware(detail, facts);
        Output.facts(session, detail.row().bus() + "/" + detail.row().address(), facts);
        session.out().println();
        return ListCandidates.print(session, output, detail.candidates());
    }

    private void identity(FunctionDetail detail, Map<String, Object> facts) {
        FunctionRow row = detail.row();
        facts.put("name", names.of(row));
        facts.put("board", names.subsystem(row));
        facts.put("id", row.vendor() + ":" + row.device() + " class " + row.classCode() + " revision "
                + "%02x".formatted(detail.revision()));
        facts.put("subsystem", row.subvendor() == null ? null : row.subvendor() + ":" + row.subdevice());
        facts.put("modalias", detail.modalias());
    }

    private static void driver(FunctionDetail detail, Map<String, Object> facts) {
        FunctionRow row = detail.row();
        facts.put("driver", orNone(row.driver()));
        boolean ours = row.overrideOwner() != null && !row.overrideOwner().equals("host");
        facts.put("override", ours ? row.override() + ", owned by " + row.overrideOwner() : "none");
        facts.put("override meant", detail.overrideMeant());
        facts.put("policy", row.policy());
        facts.put("policy not met", row.unmet());
        facts.put("users", detail.users());
        facts.put("migration", detail.migration());
        facts.put("failures", detail.failures());
    }

    /** What the host below has made of it, on a bus that has one. */
    private void host(FunctionDetail detail, Map<String, Object> facts) {
        HostRow host = detail.host();
        if (host == null) {
            return;
        }
        String driver = orNone(detail.row().hostDriver());
        facts.put("host driver", host.vfioModule() == null ? driver : driver + " of module " + host.vfioModule());
        facts.put("host override", orNone(host.override()));
        if (host.vfioModule() != null && Boolean.FALSE.equals(host.taken())) {
            facts.put("given to VFIO", given(host));
        }
        if (Boolean.TRUE.equals(host.taken())) {
            String whose = Objects.requireNonNullElse(host.formerDriver(), "no driver");
            facts.put("taken from", List.of(whose + "; the host override was " + orNone(host.formerOverride()),
                    "'vfio unbind " + function.name + "' gives it back"));
        }
        facts.put("host's VFIO drivers", detail.hostDrivers());
    }

    /** Bind writes an override, and so may somebody else: without one it was not bind. */
    private List<String> given(HostRow host) {
        return host.override() == null ? List.of("by the host, by the function's ids: 'vfio unbind' leaves it there")
                : List.of("by whom is not known: no bind is remembered, so 'vfio unbind' leaves it there",
                        "'vfio unbind " + function.name + " --to-host' gives it to the host's own driver");
    }

    private static String orNone(String text) {
        return Objects.requireNonNullElse(text, "none");
    }

    private static void hardware(FunctionDetail detail, Map<String, Object> facts) {
        facts.put("IOMMU group", detail.row().iommuGroup());
        facts.put("NUMA node", detail.numaNode());
        facts.put("header", detail.headerType());
        facts.put("configuration", detail.configSize() + " bytes");
        facts.put("BARs", detail.bars().stream().map(ShowFunction::bar).toList());
        facts.put("PF", detail.physicalFunction());
        facts.put("VFs", detail.virtualFunctions());
    }

    private static String bar(BarRow bar) {
        return bar.index() + ": " + Sizes.text(bar.size()) + " " + bar.kind();
    }
}
