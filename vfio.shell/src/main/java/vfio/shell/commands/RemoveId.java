// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

import picocli.CommandLine;
import vfio.pci.core.admin.PciAdmin;

/** Takes a dynamic id from a driver. */
@CommandLine.Command(name = "remove-id", description = "Remove a dynamic id, by the rules of the kernel's remove_id.",
        footer = {"%nExample:", "  vfio remove-id vfio-pci 8086 10d3"})
final class RemoveId extends IdCommand {
    RemoveId(PciAdmin pci) {
        super(pci::removeId);
    }
}
