// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

import java.util.List;
import picocli.CommandLine;
import vfio.admin.ExitCode;
import vfio.admin.Json;
import vfio.admin.Session;
import vfio.admin.Text;
import vfio.pci.core.admin.DeviceAdmin;

/** Writes one register. */
@CommandLine.Command(name = "write", description = "Write a register of a function's region.",
        footer = {"%nA function that nobody has open is opened for this alone, and its close resets it: what was written is "
            + "gone. It may stay where no reset of the function works, which is said. While somebody has the function open a "
            + "write is refused, but with --force; that one stays.",
            "%nExample:", "  vfio write 0000:01:00.2 config 4 0x6 --width 16"})
final class WriteRegion extends DeviceCommand {
    @CommandLine.Mixin
    private RegionPlace place;

    @CommandLine.Parameters(index = "3", paramLabel = "VALUE", description = "Decimal, or 0x and hex digits.")
    private String value;

    @CommandLine.Option(names = {"-w", "--width"}, defaultValue = "32", paramLabel = "BITS",
            description = "8, 16, 32 or 64; ${DEFAULT-VALUE} where nothing is said.")
    private int bits;

    @CommandLine.Option(names = "--force", description = "Although somebody has the function open.")
    private boolean force;

    WriteRegion(DeviceAdmin devices) {
        super(devices);
    }

    @Override
    public ExitCode run(Session session) {
        int width = RegionPlace.width(bits);
        long number = RegionPlace.number("value", value);
        if (width < Long.BYTES && number >>> bits != 0) {
            throw new UsageException("value " + value + " has more than " + bits + " bits");
        }
        boolean reset = devices.write(place.name(), place.region(), place.offset(), width, number, force);
        String written = "0x%0" + 2 * width + "x";
        if (output.json) {
            Json.rows(session, "registers", List.of(place.register(bits, written.formatted(number))));
        } else {
            session.out().println(Text.visible(place.name()) + ": " + written.formatted(number) + " written"
                    + (reset ? "; nobody else has it open, so its close has reset it and this is gone"
                    : force ? "" : "; no reset of it works, so this may stay"));
        }
        return ExitCode.OK;
    }
}
