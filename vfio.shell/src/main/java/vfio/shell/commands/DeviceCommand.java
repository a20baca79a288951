// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

import vfio.pci.core.admin.DeviceAdmin;

/** A command about a function as a device: its regions, interrupts, resets and VFs. */
abstract class DeviceCommand extends OwnCommand {
    final DeviceAdmin devices;

    DeviceCommand(DeviceAdmin devices) {
        super(Groups.DEVICES);
        this.devices = devices;
    }
}
