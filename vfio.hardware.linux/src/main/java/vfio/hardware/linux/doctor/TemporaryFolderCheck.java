// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.doctor;

import java.nio.file.Path;
import java.util.List;
import vfio.hardware.linux.admin.HostAdmin.Finding;
import vfio.hardware.linux.sysfs.Mount;
import vfio.hardware.linux.sysfs.SysfsDirectory;

/** The check that native code can be loaded from the folder into which it is unpacked. */
final class TemporaryFolderCheck implements Check {
    private static final String NAME = "temporary folder";

    private final SysfsDirectory proc;
    private final Path folder;

    TemporaryFolderCheck(SysfsDirectory proc, Path folder) {
        this.proc = proc;
        this.folder = folder;
    }

    @Override
    public List<Finding> findings(long memory) {
        Path real = new SysfsDirectory(folder).real();
        String options = "";
        int longest = -1;
        for (Mount mount : Mount.all(proc)) {
            if (real.startsWith(Path.of(mount.place())) && mount.place().length() >= longest) {
                longest = mount.place().length();
                options = "," + mount.options() + ",";
            }
        }
        return List.of(options.contains(",noexec,") ? Check.problem(NAME, folder + " is mounted noexec", "system calls need a"
                + " library that is unpacked there: start with VFIO_JAVA_OPTS=-Djava.io.tmpdir=DIR on another file system")
                : Check.ok(NAME, folder.toString()));
    }
}
