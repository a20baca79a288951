// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.guard;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import vfio.hardware.linux.sysfs.Mount;
import vfio.hardware.linux.sysfs.PrintableText;
import vfio.hardware.linux.sysfs.SysfsDirectory;

/** The guard of functions by which a virtual machine's host shares a folder, as 9p or virtiofs, that is mounted. */
final class SharedFolderGuard implements HostGuard {
    /** The source of a root file system, whose tag the kernel's command line has. */
    private static final String ROOT = "/dev/root";

    private final HostFiles host;

    SharedFolderGuard(HostFiles host) {
        this.host = host;
    }

    @Override
    public String name() {
        return "shared-folder";
    }

    @Override
    public List<String> objections(GuardedFunction function, String driver) {
        List<String> objections = new ArrayList<>();
        for (String name : function.directory().names()) {
            SysfsDirectory device = function.directory().child(name);
            Optional<String> tag = name.startsWith("virtio") ? device.line("mount_tag").map(SharedFolderGuard::tag)
                    : Optional.empty();
            tag.ifPresent(text -> add("9p", text, objections));
            if (name.startsWith("virtio") && device.link("driver", warning -> { }).filter("virtiofs"::equals).isPresent()) {
                add("virtiofs", virtiofsTag(device), objections);
            }
        }
        return objections;
    }

    /**
     * Adds an objection for each mount.
     *
     * @param tag null where the kernel does not tell it: then any mount of the type may be the function's
     */
    private void add(String type, String tag, List<String> objections) {
        Mount.all(host.processes()).stream().filter(mount -> mount.type().equals(type))
                .filter(mount -> tag == null || mount.source().equals(tag) || mount.source().equals(ROOT))
                .forEach(mount -> objections.add("its shared folder " + PrintableText.of(mount.source()) + " (" + type
                        + ") is mounted at " + PrintableText.of(mount.place()) + "; unmount it"));
    }

    /** Returns the tag of a device (Documentation/ABI/testing/sysfs-fs-virtiofs); null before Linux 6.9. */
    private String virtiofsTag(SysfsDirectory device) {
        SysfsDirectory shares = new SysfsDirectory(host.sysfs()).child("fs/virtiofs");
        return shares.names().stream().map(shares::child).filter(share -> share.child("device").real().equals(device.real()))
                .flatMap(share -> share.line("tag").stream()).findFirst().orElse(null);
    }

    /** Returns a tag without the zero byte that the kernel adds (p9_mount_tag_show, net/9p/trans_virtio.c). */
    private static String tag(String line) {
        return line.endsWith("\ufffd") ? line.substring(0, line.length() - 1) : line;
    }
}
