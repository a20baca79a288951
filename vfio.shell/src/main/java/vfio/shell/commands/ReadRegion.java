// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

import java.util.List;
import picocli.CommandLine;
import vfio.admin.ExitCode;
import vfio.admin.Json;
import vfio.admin.Session;
import vfio.pci.core.admin.DeviceAdmin;

/** Reads one register. */
@CommandLine.Command(name = "read", description = "Read a register of a function's region.",
        footer = {"%nA function that nobody has open is opened for this alone, and reset by that where a reset "
            + "of it works: what an earlier write left is gone then.", "%nExample:",
            "  vfio read 0000:01:00.2 bar0 0x10"})
final class ReadRegion extends DeviceCommand {
    @CommandLine.Mixin
    private RegionPlace place;

    @CommandLine.Option(names = {"-w", "--width"}, defaultValue = "32", paramLabel = "BITS",
            description = "8, 16, 32 or 64; ${DEFAULT-VALUE} where nothing is said.")
    private int bits;

    ReadRegion(DeviceAdmin devices) {
        super(devices);
    }

    @Override
    public ExitCode run(Session session) {
        int width = RegionPlace.width(bits);
        byte[] bytes = devices.read(place.name(), place.region(), place.offset(), width);
        StringBuilder value = new StringBuilder("0x");
        for (int i = bytes.length - 1; i >= 0; i--) {
            value.append("%02x".formatted(bytes[i]));
        }
        if (output.json) {
            Json.rows(session, "registers", List.of(place.register(bits, value.toString())));
        } else {
            session.out().println(value);
        }
        return ExitCode.OK;
    }
}
