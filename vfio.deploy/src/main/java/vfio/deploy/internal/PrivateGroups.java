// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Groups with one user, which many systems give each user with a umask of 002: what such a group may write, nobody else
 * may. Debian's sshd takes them so too. A group that the files do not name is none.
 *
 * @param passwd as passwd(5)
 * @param group as group(5)
 */
record PrivateGroups(Path passwd, Path group) {
    static final PrivateGroups OF_SYSTEM = new PrivateGroups(Path.of("/etc/passwd"), Path.of("/etc/group"));

    /** Whether nobody but root and this user belongs to the group. */
    boolean hasOnly(int gid, int uid) {
        try {
            Set<String> allowed = new HashSet<>();
            for (String[] user : lines(passwd, 4)) {
                boolean one = user[2].equals("0") || user[2].equals(String.valueOf(uid));
                if (one) {
                    allowed.add(user[0]);
                } else if (user[3].equals(String.valueOf(gid))) {
                    return false;
                }
            }
            boolean named = false;
            for (String[] one : lines(group, 3)) {
                if (one[2].equals(String.valueOf(gid))) {
                    named = true;
                    List<String> members = one.length > 3 && !one[3].isBlank() ? List.of(one[3].split(",")) : List.of();
                    if (!allowed.containsAll(members)) {
                        return false;
                    }
                }
            }
            return named;
        } catch (IOException e) {
            return false;
        }
    }

    private static List<String[]> lines(Path file, int fields) throws IOException {
        return Files.readAllLines(file).stream().map(line -> line.split(":")).filter(line -> line.length >= fields).toList();
    }
}
