// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Map;

/**
 * Whether nobody but root and the daemon's user could have put a file where it is. Drivers run with all the daemon's
 * rights, so whoever may exchange a folder or a link on the way to one has those rights.
 *
 * <p>The way is walked from the root, name by name, each link by its own hops. What stands in a folder that only root and
 * the daemon may write stays what it is for all others, so the path that comes out of the walk leads them nowhere else
 * later on either.
 *
 * @param daemon the user as whom this runs
 */
record Trust(int daemon, PrivateGroups groups) {
    private static final int OTHERS_WRITE = 0002;
    private static final int GROUP_WRITES = 0020;
    private static final int STICKY = 01000;
    /** As many as the kernel follows (path_resolution(7)). */
    private static final int MOST_LINKS = 40;

    /** What lstat(2) says of a name. */
    private record Entry(int mode, int uid, int gid, boolean link, boolean directory) {
        static Entry of(Path path) throws IOException {
            Map<String, Object> stat = Files.readAttributes(path, "unix:mode,uid,gid,isSymbolicLink,isDirectory",
                    LinkOption.NOFOLLOW_LINKS);
            return new Entry((Integer) stat.get("mode"), (Integer) stat.get("uid"), (Integer) stat.get("gid"),
                    (Boolean) stat.get("isSymbolicLink"), (Boolean) stat.get("isDirectory"));
        }

        boolean sticky() {
            return (mode & STICKY) != 0;
        }
    }

    /**
     * Answers the file's path without links.
     *
     * @throws Refusal where someone else may write the file or exchange something on the way, or owns one of them
     */
    Path check(Path file) throws Refusal, IOException {
        Path at = file.toAbsolutePath().getRoot();
        step(at, Entry.of(at));
        Deque<Path> rest = new ArrayDeque<>(names(file.toAbsolutePath()));
        for (int links = 0; !rest.isEmpty();) {
            Path next = below(at, rest.removeFirst());
            Entry entry = Entry.of(next);
            if (!entry.link()) {
                step(next, entry);
                at = next;
                continue;
            }
            if (++links > MOST_LINKS) {
                throw new Refusal("more than " + MOST_LINKS + " links on the way");
            }
            owned("link " + next, entry);
            Path target = Files.readSymbolicLink(next);
            at = target.isAbsolute() ? target.getRoot() : at;
            List<Path> names = names(target);
            Collections.reverse(names);
            names.forEach(rest::addFirst);
        }
        return last(at);
    }

    /** What has no links in it has its parent above it. */
    private static Path below(Path folder, Path name) {
        return switch (name.toString()) {
            case "", "." -> folder;
            case ".." -> folder.getParent() == null ? folder : folder.getParent();
            default -> folder.resolve(name);
        };
    }

    private static List<Path> names(Path path) {
        List<Path> names = new ArrayList<>();
        path.forEach(names::add);
        return names;
    }

    /** In a sticky folder such as /tmp others cannot rename what is not theirs. */
    private void step(Path path, Entry entry) throws Refusal {
        String what = (entry.directory() ? "folder " : "file ") + path;
        owned(what, entry);
        if (!entry.directory() || !entry.sticky()) {
            unwritable(what, entry);
        }
    }

    /** The folder of the file itself: in a sticky one others could still put files. */
    private Path last(Path file) throws Refusal, IOException {
        Path folder = file.getParent();
        if (folder != null) {
            unwritable("folder " + folder, Entry.of(folder));
        }
        return file;
    }

    private void owned(String what, Entry entry) throws Refusal {
        if (entry.uid() != 0 && entry.uid() != daemon) {
            throw new Refusal("not trusted: " + what + " belongs to user " + entry.uid()
                    + ", neither root nor the daemon's user " + daemon + "; chown it");
        }
    }

    private void unwritable(String what, Entry entry) throws Refusal {
        String mode = " (mode " + Integer.toOctalString(entry.mode() & 07777) + "); chmod ";
        if ((entry.mode() & OTHERS_WRITE) != 0) {
            throw new Refusal("not trusted: " + what + " is writable by others" + mode + "o-w it");
        }
        if ((entry.mode() & GROUP_WRITES) != 0 && !groups.hasOnly(entry.gid(), daemon)) {
            throw new Refusal("not trusted: " + what + " is writable by group " + entry.gid() + ", to which others belong"
                    + mode + "g-w it");
        }
    }
}
