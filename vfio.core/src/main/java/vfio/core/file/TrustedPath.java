// SPDX-License-Identifier: Apache-2.0
package vfio.core.file;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.Set;
import java.util.function.IntPredicate;

/**
 * The rule on a path that only root and this process's user have laid, and that nobody else can turn elsewhere: sshd calls
 * the rule StrictModes. The rule holds for every folder on the way and for every link that is followed.
 */
public class TrustedPath {
    /** The permissions of a folder that only its owner may read, write and search. */
    public static final Set<PosixFilePermission> PRIVATE = Set.copyOf(PosixFilePermissions.fromString("rwx------"));

    private static final Set<PosixFilePermission> ABOVE = Set.copyOf(PosixFilePermissions.fromString("rwxr-xr-x"));
    private static final int GROUP_WRITE = 0020;
    private static final int OTHERS_WRITE = 0002;
    private static final int STICKY = 01000;
    private static final int MODE_BITS = 07777;
    /** The largest number of links on a path, the kernel's MAXSYMLINKS. */
    private static final int MOST_LINKS = 40;

    private final int user;
    private final IntPredicate trustedGroup;

    /** @param trustedGroup tells whether a group, by gid, has no members but root and the user */
    TrustedPath(int user, IntPredicate trustedGroup) {
        this.user = user;
        this.trustedGroup = trustedGroup;
    }

    /** Returns the rule for the user that this process acts as. */
    public static TrustedPath ofThisProcess() throws IOException {
        ProcessUser user = ProcessUser.current();
        return new TrustedPath(user.uid(), user::isAlone);
    }

    /** Returns the user's number. */
    public int user() {
        return user;
    }

    /**
     * Walks from the root to a path. A part that does not exist yet is trusted as far as the folder above is: the code that
     * makes the part then checks the owner of the new part.
     *
     * @return the path without links
     * @throws FileSystemException with the reason, where another user owns a folder, a link or the file itself, or may write
     *     a folder that is not sticky
     */
    public Path check(Path path) throws IOException {
        Path absolute = path.toAbsolutePath();
        Path real = absolute.getRoot();
        checkFolder(real, Stamp.of(real), path);
        Deque<Path> names = new ArrayDeque<>();
        absolute.forEach(names::add);
        int links = 0;
        while (!names.isEmpty()) {
            String name = names.pop().toString();
            Path next = name.equals("..") ? above(real) : real.resolve(name).normalize();
            Stamp stamp;
            try {
                stamp = Stamp.of(next);
            } catch (NoSuchFileException e) {
                return names.stream().reduce(next, Path::resolve);
            }
            checkOwner(next, stamp, path);
            if (stamp.link()) {
                if (++links > MOST_LINKS) {
                    throw new FileSystemLoopException(path.toString());
                }
                Path target = Files.readSymbolicLink(next);
                real = target.isAbsolute() ? target.getRoot() : real;
                push(target, names);
            } else {
                checkFolder(next, stamp, path);
                real = next;
            }
        }
        return real;
    }

    /**
     * Walks to a file whose content is used unchecked: nobody else may write the file either, nor put another file into its
     * folder, sticky or not. Nobody else can turn the returned path elsewhere later: only its owner can change a folder on
     * the path.
     *
     * @return the path without links
     * @throws FileSystemException as {@link #check}, and where another user may write the file or the file's folder
     */
    public Path checkFile(Path file) throws IOException {
        Path real = check(file);
        checkMode(real, Stamp.of(real), file);
        if (real.getParent() != null) {
            checkMode(real.getParent(), Stamp.of(real.getParent()), file);
        }
        return real;
    }

    /**
     * Makes a folder of the user's own with mode 0700, and the missing folders above it. The owner of a folder that exists is
     * checked before a file is written to the folder; the caller checks the mode.
     *
     * @return the folder's path without links
     * @throws FileSystemException with the reason, where another user owns the folder or could put another in its place
     */
    public Path makeFolder(Path folder) throws IOException {
        Path path = check(folder);
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
        Path real = check(path); // another process may have made a missing folder above just now, too
        Object owner = Files.getAttribute(real, "unix:uid", LinkOption.NOFOLLOW_LINKS);
        if (!owner.equals(user())) {
            throw new FileSystemException(folder.toString(), null, "it belongs to user " + owner
                    + ", who could take over this process");
        }
        return real;
    }

    private static Path above(Path folder) {
        return folder.getParent() == null ? folder : folder.getParent();
    }

    private static void push(Path target, Deque<Path> names) {
        for (int i = target.getNameCount() - 1; i >= 0; i--) {
            names.push(target.getName(i));
        }
    }

    /**
     * Refuses a part of another user. The owner of the root folder decides over all files, so this owner is trusted as root
     * is; in a user namespace the number of this owner need not be 0.
     */
    private void checkOwner(Path part, Stamp stamp, Path path) throws IOException {
        if (stamp.uid != 0 && stamp.uid != user && stamp.uid != Stamp.of(path.toAbsolutePath().getRoot()).uid) {
            throw new FileSystemException(path.toString(), null, said(part, path) + " belongs to user " + stamp.uid
                    + ", neither root nor this process's user " + user);
        }
    }

    /**
     * Refuses a folder that others may write; in a sticky folder, such as /tmp, others cannot rename another user's files.
     */
    private void checkFolder(Path part, Stamp stamp, Path path) throws IOException {
        if (stamp.folder() && (stamp.mode & STICKY) == 0) {
            checkMode(part, stamp, path);
        }
    }

    private void checkMode(Path part, Stamp stamp, Path path) throws IOException {
        boolean others = (stamp.mode & OTHERS_WRITE) != 0;
        boolean group = (stamp.mode & GROUP_WRITE) != 0 && !trustedGroup.test(stamp.gid);
        if (others || group) {
            throw new FileSystemException(path.toString(), null, said(part, path) + " may be written by "
                    + (others ? "others" : "group " + stamp.gid) + " (mode " + Integer.toOctalString(stamp.mode & MODE_BITS)
                    + "); chmod " + (others ? "o-w" : "g-w") + " it");
        }
    }

    private static String said(Path part, Path path) {
        return part.equals(path.toAbsolutePath().normalize()) ? "it" : part + " on the way to it";
    }

    private record Stamp(int uid, int gid, int mode) {
        private static final int TYPE = 0170000;
        private static final int FOLDER = 0040000;
        private static final int LINK = 0120000;

        static Stamp of(Path path) throws IOException {
            Map<String, Object> all = Files.readAttributes(path, "unix:uid,gid,mode", LinkOption.NOFOLLOW_LINKS);
            return new Stamp((int) all.get("uid"), (int) all.get("gid"), (int) all.get("mode"));
        }

        boolean folder() {
            return (mode & TYPE) == FOLDER;
        }

        boolean link() {
            return (mode & TYPE) == LINK;
        }
    }
}
