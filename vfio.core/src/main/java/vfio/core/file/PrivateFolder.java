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

/** A folder of this process's user, on a {@linkplain TrustedPath trusted path}; made 0700. */
public final class PrivateFolder {
    /** What its owner alone may do. */
    public static final Set<PosixFilePermission> PRIVATE = Set.copyOf(PosixFilePermissions.fromString("rwx------"));
    private static final Set<PosixFilePermission> ABOVE = Set.copyOf(PosixFilePermissions.fromString("rwxr-xr-x"));

    private PrivateFolder() {
    }

    /**
     * Looks whose the folder is, before anything is written to it, and makes it with those above where it is missing. The mode
     * of one that is there is left to the caller.
     *
     * @return the folder's path without links
     * @throws FileSystemException with the reason, where another user owns it or could put another in its place
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
        } catch (FileAlreadyExistsException e) { // before, or by somebody just now
            if (!Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
                throw new FileSystemException(folder.toString(), null, "it is no folder");
            }
        }
        Path real = rule.check(path); // a folder above that was missing may have been made by somebody just now, too
        Object owner = Files.getAttribute(real, "unix:uid", LinkOption.NOFOLLOW_LINKS);
        if (!owner.equals(rule.user())) {
            throw new FileSystemException(folder.toString(), null, "it belongs to user " + owner
                    + ", who could take over this process");
        }
        return real;
    }
}
