// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import java.io.IOException;
import java.nio.file.Path;

/**
 * Whether nobody but root and the daemon's user could have put a file where it is. Drivers run with all the daemon's
 * rights, so a folder that others may write is a way to those rights.
 */
record Trust(int daemon) {
    private static final int OTHERS_WRITE = 0002;
    private static final int STICKY = 01000;

    /** @throws Refusal where someone else may write the file or its folder, or owns one of them */
    void check(Path file, FileStamp stamp) throws Refusal, IOException {
        Path real = file.toRealPath();
        checkOne("file " + real, stamp.mode(), stamp.uid());
        checkFolder(file.toAbsolutePath().getParent().toRealPath());
        if (!real.getParent().equals(file.toAbsolutePath().getParent().toRealPath())) {
            checkFolder(real.getParent()); // a link: its target counts as well
        }
    }

    private void checkFolder(Path folder) throws Refusal, IOException {
        FileStamp stamp = FileStamp.of(folder);
        checkOne("folder " + folder, stamp.mode(), stamp.uid());
        for (Path above = folder.getParent(); above != null; above = above.getParent()) {
            int mode = FileStamp.of(above).mode();
            // In a sticky folder such as /tmp others cannot rename what is not theirs.
            if ((mode & OTHERS_WRITE) != 0 && (mode & STICKY) == 0) {
                throw new Refusal("not trusted: anyone may rename folder " + folder + ", since " + above
                        + " is writable by others; chmod o-w it");
            }
        }
    }

    void checkOne(String what, int mode, int uid) throws Refusal {
        if ((mode & OTHERS_WRITE) != 0) {
            throw new Refusal("not trusted: " + what + " is writable by others (mode " + Integer.toOctalString(mode & 07777)
                    + "); chmod o-w it");
        }
        if (uid != 0 && uid != daemon) {
            throw new Refusal("not trusted: " + what + " belongs to user " + uid + ", neither root nor the daemon's user "
                    + daemon + "; chown it");
        }
    }
}
