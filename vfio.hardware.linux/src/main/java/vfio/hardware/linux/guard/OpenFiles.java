// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.guard;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.Supplier;
import vfio.hardware.linux.sysfs.PrintableText;
import vfio.hardware.linux.sysfs.SysfsDirectory;

/**
 * The open files of all processes, by /proc; those of other users only where this process may look.
 */
public final class OpenFiles {
    private static final String DEVICE = "anon_inode:[vfio-device]";
    private static final String SYSPATH = "vfio-device-syspath:";

    private final SysfsDirectory proc;
    private final long self;

    /**
     * A process that has a file open.
     *
     * @param program the process' name, safe to print
     * @param own whether the process is this one
     */
    public record Holder(long pid, String program, String file, boolean own) {
        @Override
        public String toString() {
            return (own ? "this program" : "process " + pid + " (" + program + ")") + " has " + file + " open";
        }
    }

    /**
     * Looks at nothing yet.
     *
     * @param self this process's id
     */
    public OpenFiles(Path proc, long self) {
        this.proc = new SysfsDirectory(proc);
        this.self = self;
    }

    /** Returns the processes that have one of some files open, each once. */
    public List<Holder> holders(Predicate<Path> file) {
        return each((target, info) -> target.startsWith("/") && file.test(Path.of(target)));
    }

    /**
     * Returns the processes that have a function's device open, where the kernel says which device a file is (since 6.17).
     */
    public List<Holder> devices(GuardedFunction function) {
        return each((target, info) -> target.equals(DEVICE) && info.get().stream()
                .anyMatch(line -> line.startsWith(SYSPATH) && line.trim().endsWith("/" + function.address())));
    }

    /** A test of an open file, by its target and by the lines of its fdinfo. */
    private interface FdTest {
        boolean test(String target, Supplier<List<String>> info);
    }

    private List<Holder> each(FdTest test) {
        List<Holder> holders = new ArrayList<>();
        for (String name : proc.names()) {
            if (name.chars().allMatch(Character::isDigit)) {
                first(proc.child(name), Long.parseLong(name), test, holders);
            }
        }
        return holders;
    }

    private void first(SysfsDirectory process, long pid, FdTest test, List<Holder> holders) {
        for (String fd : process.child("fd").names()) {
            String target = target(process.path().resolve("fd").resolve(fd));
            if (test.test(target, () -> process.child("fdinfo").lines(fd))) {
                holders.add(new Holder(pid, process.line("comm").orElse("unknown"), PrintableText.of(target), pid == self));
                return;
            }
        }
    }

    /** Returns the file of a descriptor; the empty text where it is closed again, or hidden from this process. */
    private static String target(Path fd) {
        try {
            return Files.readSymbolicLink(fd).toString();
        } catch (IOException e) {
            return "";
        }
    }
}
