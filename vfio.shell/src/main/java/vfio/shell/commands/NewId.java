// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

import picocli.CommandLine;
import vfio.pci.core.admin.PciAdmin;

/** Adds a dynamic id to a driver. */
@CommandLine.Command(name = "new-id", description = "Add a dynamic id, by the rules of the kernel's new_id.",
        footer = {"%nExample:", "  vfio new-id vfio-pci 8086 10d3"})
final class NewId extends IdCommand {
    NewId(PciAdmin pci) {
        super(pci::newId);
    }
}
