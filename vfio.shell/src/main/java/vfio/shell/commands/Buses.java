// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

import java.util.List;
import vfio.admin.Session;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.pci.core.admin.PciAdmin;

/** Whether a bus that a command names is held here. */
final class Buses {
    private Buses() {
    }

    /**
     * @param bus its name, or null where the command names none
     * @return false where the vfio command is to answer without this daemon
     * @throws VfioException ENODEV where there is no daemon and still no such bus
     */
    static boolean held(PciAdmin pci, String bus, Session session) {
        if (bus == null) {
            return true;
        }
        List<String> buses = pci.status().buses().stream().map(PciAdmin.BusRow::name).toList();
        if (!buses.contains(bus) && session.standalone()) {
            throw new VfioException(VfioException.Kind.UNKNOWN_NAME, Errno.ENODEV,
                    "there is no bus " + bus + "; there is " + String.join(" and ", buses));
        }
        return buses.contains(bus);
    }

    /** The bus of {@code bus/address}, or null; a path has none, and is no function's name. */
    static String of(String name) {
        int slash = name.indexOf('/');
        return slash <= 0 ? null : name.substring(0, slash);
    }
}
