// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.sysfs;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A mounted file system, as a line of {@code /proc/self/mountinfo} tells it (proc(5)).
 *
 * @param number of its device, {@code major:minor}
 * @param place where it is mounted
 * @param options of this mount, with commas between them
 * @param type of the file system
 * @param source of the file system: a device's node, a tag, or a word
 */
public record Mount(String number, String place, String options, String type, String source) {
    private static final int NUMBER = 2;
    private static final int PLACE = 4;
    private static final int OPTIONS = 5;

    /** Returns the mounts that this program sees, in the kernel's order: of two at one place the later hides the earlier. */
    public static List<Mount> all(SysfsDirectory proc) {
        return proc.lines("self/mountinfo").stream().map(Mount::parse).flatMap(Optional::stream).toList();
    }

    /** Parses a line, where any number of fields, ended by a dash, stand between the options and the type. */
    private static Optional<Mount> parse(String line) {
        String[] fields = line.split(" ");
        int dash = Arrays.asList(fields).indexOf("-");
        return dash <= OPTIONS || fields.length < dash + 3 ? Optional.empty() : Optional.of(new Mount(fields[NUMBER],
                fields[PLACE], fields[OPTIONS], fields[dash + 1], fields[dash + 2]));
    }
}
