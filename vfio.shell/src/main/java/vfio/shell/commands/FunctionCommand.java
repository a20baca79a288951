// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

import vfio.pci.core.admin.PciAdmin;

/** A command about functions and which driver has them. */
abstract class FunctionCommand extends OwnCommand {
    final PciAdmin pci;

    FunctionCommand(PciAdmin pci) {
        super(Groups.FUNCTIONS);
        this.pci = pci;
    }
}
