// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

import picocli.CommandLine;
import vfio.admin.Command;
import vfio.admin.ExitCode;
import vfio.admin.Session;
import vfio.pci.core.admin.DeviceAdmin;

/** Prints bytes of a region. */
@CommandLine.Command(name = "dump", description = "Print bytes of a function's region in hex.",
        footer = {"%nA function that nobody has open is opened for this, and reset by that.", "%nExample:",
            "  vfio dump 0000:01:00.1 bar0 0 256"})
final class DumpRegion implements Command {
    private final DeviceAdmin devices;

    @CommandLine.Option(names = {"-h", "--help"}, usageHelp = true, description = "Print this help.")
    private boolean help;

    @CommandLine.Mixin
    private RegionPlace place;

    @CommandLine.Parameters(index = "3", paramLabel = "COUNT", description = "How many bytes.")
    private String count;

    DumpRegion(DeviceAdmin devices) {
        this.devices = devices;
    }

    @Override
    public String group() {
        return Groups.DEVICES;
    }

    @Override
    public ExitCode run(Session session) {
        long left = RegionPlace.number("count", count);
        long at = place.offset();
        while (left > 0 && !session.cancelled()) {
            int piece = (int) Math.min(left, DeviceAdmin.MOST);
            byte[] bytes = devices.read(place.name, place.region(), at, piece);
            session.out().print(HexDump.of(bytes, at));
            if (bytes.length < piece) {
                break; // the region's end
            }
            at += piece;
            left -= piece;
        }
        return ExitCode.OK;
    }
}
