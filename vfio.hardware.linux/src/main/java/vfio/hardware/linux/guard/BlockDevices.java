// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.guard;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.stream.Stream;
import vfio.hardware.linux.sysfs.SysfsDirectory;

/**
 * The block devices of a function: its own, their partitions, and those stacked on them by device mapper, md, loop and NVMe
 * multipath. They are read anew by each question.
 */
final class BlockDevices {
    private final HostFiles host;
    private final SysfsDirectory blocks;

    BlockDevices(HostFiles host) {
        this.host = host;
        blocks = host.classes("block");
    }

    /** Returns the kernel's names of the block devices, the function's own first. */
    Set<String> of(GuardedFunction function) {
        Deque<String> waiting = new ArrayDeque<>();
        blocks.names().stream().filter(name -> function.has(blocks.child(name))).forEach(waiting::add);
        multipath(function).forEach(waiting::add);
        Set<String> all = new LinkedHashSet<>();
        while (!waiting.isEmpty()) {
            String name = waiting.remove();
            if (all.add(name)) {
                above(name).forEach(waiting::add);
            }
        }
        return all;
    }

    /** Returns the multipath disks, which belong to the subsystem of the function's controller. */
    private Stream<String> multipath(GuardedFunction function) {
        SysfsDirectory subsystems = host.classes("nvme-subsystem");
        return function.directory().child("nvme").names().stream().flatMap(controller -> subsystems.names().stream()
                .map(subsystems::child).filter(subsystem -> subsystem.has(controller))
                .flatMap(subsystem -> subsystem.names().stream()).filter(blocks::has));
    }

    private Stream<String> above(String name) {
        SysfsDirectory block = blocks.child(name);
        Stream<String> partitions = block.names().stream().filter(child -> block.child(child).has("partition"));
        Stream<String> stacked = block.child("holders").names().stream();
        String node = host.dev().resolve(name).toString();
        Stream<String> loops = blocks.names().stream()
                .filter(loop -> blocks.child(loop).line("loop/backing_file").filter(node::equals).isPresent());
        return Stream.of(partitions, stacked, loops).flatMap(names -> names);
    }
}
