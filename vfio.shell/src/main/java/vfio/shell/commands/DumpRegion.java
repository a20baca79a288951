// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

import java.util.HexFormat;
import java.util.stream.LongStream;
import picocli.CommandLine;
import vfio.admin.ExitCode;
import vfio.admin.Json;
import vfio.admin.Session;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.pci.core.admin.DeviceAdmin;
import vfio.pci.core.admin.DeviceAdmin.RegionRow;

/** Prints bytes of a region. */
@CommandLine.Command(name = "dump", description = "Print bytes of a function's region in hex.",
        footer = {"%nA function that nobody has open is opened for this, and reset by that where a reset of it works.",
            "%nExample:",
            "  vfio dump 0000:01:00.2 bar0 0 256"})
final class DumpRegion extends DeviceCommand {
    @CommandLine.Mixin
    private RegionPlace place;

    @CommandLine.Parameters(index = "3", paramLabel = "COUNT", description = "How many bytes.")
    private String count;

    private record Piece(int region, long offset, String bytes) {
    }

    DumpRegion(DeviceAdmin devices) {
        super(devices);
    }

    @Override
    public ExitCode run(Session session) {
        long wanted = RegionPlace.number("count", count);
        requireRange(wanted);
        long end = place.offset() + wanted;
        LongStream offsets = LongStream.iterate(place.offset(), at -> at < end, at -> at + DeviceAdmin.MOST);
        if (output.json) {
            Iterable<Piece> pieces = offsets.mapToObj(
                    at -> new Piece(place.region(), at, HexFormat.of().formatHex(read(session, at, end))))::iterator;
            Json.rows(session, "bytes", pieces);
        } else {
            offsets.forEach(at -> session.out().print(HexDump.of(read(session, at, end), at)));
        }
        return ExitCode.OK;
    }

    private byte[] read(Session session, long from, long end) {
        if (session.cancelled() || session.ending()) {
            throw new VfioException(Errno.EINTR, "dump region %d of %s: ended before %#x".formatted(place.region(),
                    place.name(), from));
        }
        return devices.read(place.name(), place.region(), from, (int) Math.min(end - from, DeviceAdmin.MOST));
    }

    /** Before the first line, so that none is short of what was asked. */
    private void requireRange(long wanted) {
        String what = "dump %#x bytes at %#x of region %d of %s: ".formatted(wanted, place.offset(), place.region(),
                place.name());
        long size = devices.regions(place.name()).stream().filter(row -> row.index() == place.region())
                .mapToLong(RegionRow::size).findFirst().orElse(0);
        if (size == 0) {
            throw new VfioException(Errno.EINVAL, what + "there is no such region; 'regions' shows those there are");
        }
        long room = size - place.offset();
        if (wanted == 0 || room <= 0 || place.offset() < 0 || Long.compareUnsigned(wanted, room) > 0) {
            throw new VfioException(Errno.EINVAL, what + "it has %#x bytes, 1 to all of them can be dumped".formatted(size));
        }
    }
}
