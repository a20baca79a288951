// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.util.stream.Stream;
import picocli.CommandLine;
import vfio.admin.ExitCode;
import vfio.admin.Json;
import vfio.admin.Session;
import vfio.admin.Text;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.pci.core.admin.PciAdmin;
import vfio.pci.core.snapshot.FunctionSnapshot;

/** A bus as lspci reads it. */
@CommandLine.Command(name = "snapshot", description = "Print config space as lspci -xxxx does, or write a tree as in sysfs.",
        footer = {"%nExamples:", "  vfio snapshot emulated > dump; lspci -F dump -vvv",
            "  vfio snapshot emulated --sysfs /tmp/tree; lspci -O sysfs.path=/tmp/tree/bus/pci -vvv"})
final class Snapshot extends FunctionCommand {
    @CommandLine.Parameters(index = "0", paramLabel = "BUS", description = "All functions of this bus; it needs no daemon.")
    private String bus;

    @CommandLine.Option(names = "--sysfs", paramLabel = "DIR",
            description = "Write DIR/bus/pci/devices; an absolute path, empty or not there.")
    private String directory;

    Snapshot(PciAdmin pci) {
        super(pci);
    }

    /** What {@code --json} prints of a function. */
    private record Row(String address, String config) {
        static Row of(FunctionSnapshot function) {
            return new Row(function.address().toString(), java.util.HexFormat.of().formatHex(function.config()));
        }
    }

    @Override
    public Kind kind() {
        return directory == null ? Kind.ROWS : Kind.ACT;
    }

    @Override
    public boolean stateless() {
        return true;
    }

    @Override
    public ExitCode run(Session session) {
        if (directory != null && !Path.of(directory).isAbsolute()) {
            throw new UsageException("--sysfs takes an absolute path: the daemon writes it, whose directory is another");
        }
        if (!Buses.held(pci, bus, session)) {
            return ExitCode.NOT_HELD;
        }
        if (directory != null) {
            int count = tree(read(session));
            if (!output.json) {
                session.out().println(count + " functions are in " + Text.visible(directory) + "/bus/pci/devices");
                return ExitCode.OK;
            }
        }
        if (output.json) {
            Iterable<Row> rows = read(session).map(Row::of)::iterator;
            Json.rows(session, "snapshot", rows);
        } else {
            read(session).peek(any -> session.proceed()).map(FunctionSnapshot::dump).forEach(session.out()::append);
        }
        return ExitCode.OK;
    }

    private Stream<FunctionSnapshot> read(Session session) {
        return pci.snapshot(bus, why -> session.err().println("vfio: left out: " + Text.visible(why)));
    }

    private int tree(Stream<FunctionSnapshot> functions) {
        try {
            return FunctionSnapshot.writeTree(functions::iterator, Path.of(directory));
        } catch (FileAlreadyExistsException e) {
            throw new VfioException(Errno.EEXIST, "write a tree to " + directory + ": there is something in it; name a "
                    + "directory that is empty or not there");
        } catch (IOException e) {
            throw new VfioException(Errno.EIO, "write a tree to " + directory + ": " + e);
        }
    }
}
