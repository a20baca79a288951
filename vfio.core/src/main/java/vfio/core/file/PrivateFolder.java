// SPDX-License-Identifier: Apache-2.0
package vfio.core.file;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/** A folder of this process's user, on a {@linkplain TrustedPath trusted path}; a new one gets mode 0700. */
public final class PrivateFolder {
    /** The permissions of a folder that only its owner may read, write and search. */
    public static final Set<PosixFilePermission> PRIVATE = Set.copyOf(PosixFilePermissions.fromString("rwx------"));
    private static final Set<PosixFilePermission> ABOVE = Set.copyOf(PosixFilePermissions.fromString("rwxr-xr-x"));

    private PrivateFolder() {
    }

    /**
     * Checks the folder's owner before a file is written to the folder, and makes a missing folder and the missing folders
     * above. The caller checks the mode of a folder that exists.
     *
     * @return the folder's path without links
     * @throws FileSystemException with the reason, where another user owns the folder or could put another in its place
     */
    public static Path make(Path folder) throws IOException {
        return make(folder, TrustedPath.ofThisProcess());
    }

    static Path make(Path folder, TrustedPath rule) throws IOException {
        Path path = rule.check(folder);
        if (path.getParent() != null) {
            Files.createDirectories(path.getParent(), PosixFilePermissions.asFileAttribute(ABOVE));
        }
        try {
            Files.createDirectory(path, PosixFilePermissions.asFileAttribute(PRIVATE));
        } catch (FileAlreadyExistsException e) { // made earlier, or by another process just now
            if (!Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
                throw new FileSystemException(folder.toString(), null, "it is no folder");
            }
        }
        Path real = rule.check(path); // another process may have made a missing folder above just now, too
        Object owner = Files.getAttribute(real, "unix:uid", LinkOption.NOFOLLOW_LINKS);
        if (!owner.equals(rule.user())) {
            throw new FileSystemException(folder.toString(), null, "it belongs to user " + owner
                    + ", who could take over this process");
        }
        return real;
    }
}
