// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

import java.util.List;
import picocli.CommandLine;
import vfio.admin.Command;
import vfio.admin.ExitCode;
import vfio.admin.Session;
import vfio.pci.core.admin.PciAdmin;

/** Adds a dynamic id to a driver. */
@CommandLine.Command(name = "new-id", description = "Add a dynamic id, by the rules of the kernel's new_id.",
        footer = {"%nExample:", "  vfio new-id vfio-pci 8086 10d3"})
final class NewId implements Command {
    private final PciAdmin pci;

    @CommandLine.Mixin
    private Output output;

    @CommandLine.Parameters(index = "0", paramLabel = "DRIVER", description = "Name of the driver.")
    private String driver;

    @CommandLine.Parameters(index = "1..*", arity = "1..*", paramLabel = "TEXT",
            description = "vendor device [subvendor subdevice [class class_mask [driver_data]]], in hex.")
    private List<String> text;

    NewId(PciAdmin pci) {
        this.pci = pci;
    }

    @Override
    public String group() {
        return Groups.DRIVERS;
    }

    @Override
    public ExitCode run(Session session) {
        return Outcomes.print(session, output, List.of(pci.newId(driver, String.join(" ", text))), "");
    }
}
