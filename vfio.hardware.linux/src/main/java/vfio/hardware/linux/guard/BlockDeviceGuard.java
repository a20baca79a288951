// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.guard;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import vfio.hardware.linux.guard.OpenFiles.Holder;
import vfio.hardware.linux.sysfs.Mount;
import vfio.hardware.linux.sysfs.PrintableText;

/** The guard of functions with a disk that is mounted, swapped to or in use otherwise, stacked devices included. */
final class BlockDeviceGuard implements HostGuard {
    private final HostFiles host;
    private final OpenFiles files;
    private final Predicate<Path> claimed;
    private final BlockDevices devices;

    /**
     * Makes the guard.
     *
     * @param claimed tells whether a block device is open exclusively, as by a mounted file system
     */
    BlockDeviceGuard(HostFiles host, OpenFiles files, Predicate<Path> claimed) {
        this.host = host;
        this.files = files;
        this.claimed = claimed;
        devices = new BlockDevices(host);
    }

    @Override
    public String name() {
        return "block-device";
    }

    @Override
    public List<String> objections(GuardedFunction function, String driver) {
        List<String> objections = new ArrayList<>();
        for (String name : devices.of(function)) {
            if (host.classes("block").child(name).line("hidden").filter("1"::equals).isPresent()) {
                continue; // a path of a multipath disk, which is among them
            }
            List<String> uses = uses(name);
            boolean busy = uses.isEmpty() && claimed.test(host.dev().resolve(name));
            objections.addAll(busy ? List.of("disk " + name + " is in use; find its user by lsblk or fuser") : uses);
        }
        return objections;
    }

    private List<String> uses(String name) {
        List<String> uses = new ArrayList<>();
        mounts(name).forEach(place -> uses.add("disk " + name + " is mounted at " + place + "; unmount it"));
        if (host.processes().lines("swaps").stream().skip(1).anyMatch(line -> isNode(line.split("[ \t]", 2)[0], name))) {
            uses.add("disk " + name + " is swapped to; swapoff it");
        }
        List<Holder> holders = files.holders(path -> path.equals(host.dev().resolve(name)));
        holders.forEach(holder -> uses.add(holder + "; end it"));
        return uses;
    }

    /**
     * Returns where a device is mounted: by its number, or by its name where the file system has another number, as btrfs
     * has.
     */
    private List<String> mounts(String name) {
        String number = host.classes("block").child(name).line("dev").orElse("");
        return Mount.all(host.processes()).stream()
                .filter(mount -> mount.number().equals(number) || isNode(mount.source(), name))
                .map(mount -> PrintableText.of(mount.place())).toList();
    }

    /** Tells whether a path such as {@code /dev/mapper/swap} leads to a device's node. */
    private boolean isNode(String path, String name) {
        if (!path.startsWith("/")) {
            return false;
        }
        Path node = host.dev().resolve(name);
        try {
            return Path.of(path).equals(node) || Path.of(path).toRealPath().equals(node.toRealPath());
        } catch (IOException | RuntimeException e) { // one of them is no file, as /dev/root
            return false;
        }
    }
}
