// SPDX-License-Identifier: Apache-2.0
package vfio.core.file;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The user that this process acts as.
 *
 * @param name the name in the user database
 * @param groups lines of group(5)
 */
record ProcessUser(int uid, String name, List<String> groups) {
    private static final int NAME = 0;
    private static final int GID = 2;
    private static final int MEMBERS = 3;

    static ProcessUser current() throws IOException {
        Path groups = Path.of("/etc/group");
        return new ProcessUser(uid(Files.readAllLines(Path.of("/proc/self/status"), StandardCharsets.ISO_8859_1)),
                System.getProperty("user.name"),
                Files.isReadable(groups) ? Files.readAllLines(groups, StandardCharsets.ISO_8859_1) : List.of());
    }

    /** Returns the effective uid, the second of the four that proc(5) lists. */
    private static int uid(List<String> status) throws IOException {
        for (String line : status) {
            if (line.startsWith("Uid:")) {
                return (int) Long.parseLong(line.split("\\s+")[2]);
            }
        }
        throw new IOException("/proc/self/status does not say who this process is");
    }

    /** Tells whether a group is root's, or the user's private one: named for the user, with no other member. */
    boolean isAlone(int gid) {
        if (gid == 0) {
            return true;
        }
        for (String line : groups) {
            String[] fields = line.split(":", -1);
            if (fields.length > MEMBERS && fields[GID].equals(Integer.toUnsignedString(gid))) {
                return fields[NAME].equals(name) && (fields[MEMBERS].isEmpty() || fields[MEMBERS].equals(name));
            }
        }
        return false;
    }
}
