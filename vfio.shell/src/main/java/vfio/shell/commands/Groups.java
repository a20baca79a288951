// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

/** The headings of the list of commands. */
final class Groups {
    static final String DAEMON = "Daemon";
    static final String DRIVERS = "Drivers";
    static final String DEVICES = "Devices";
    static final String FUNCTIONS = "Functions";

    private Groups() {
    }
}
