// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

import java.util.List;
import java.util.function.BiFunction;
import picocli.CommandLine;
import vfio.admin.ExitCode;
import vfio.admin.Session;
import vfio.pci.core.admin.PciAdmin.Outcome;

/** A command that changes the dynamic ids of a driver. Its text is that of the kernel's file of the same name. */
abstract class IdCommand extends OwnCommand {
    private final BiFunction<String, String, Outcome> change;

    @CommandLine.Parameters(index = "0", paramLabel = "DRIVER", description = "Name of the driver.")
    private String driver;

    @CommandLine.Parameters(index = "1..*", arity = "1..*", paramLabel = "TEXT",
            description = "vendor device [subvendor subdevice [class class_mask [driver_data]]], in hex.")
    private List<String> text;

    /** @param change takes the name of a driver, and the words of the id with a blank between them */
    IdCommand(BiFunction<String, String, Outcome> change) {
        super(Groups.DRIVERS);
        this.change = change;
    }

    @Override
    public final ExitCode run(Session session) {
        return Outcomes.print(session, output, List.of(change.apply(driver, String.join(" ", text))), "");
    }
}
