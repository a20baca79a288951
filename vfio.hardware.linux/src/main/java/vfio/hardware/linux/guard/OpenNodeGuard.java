// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.guard;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import vfio.hardware.linux.guard.OpenFiles.Holder;

/** The guard of functions whose VFIO node, or group's, another process has open: the kernel's unbind waits for its close. */
public final class OpenNodeGuard implements HostGuard {
    private final HostFiles host;
    private final OpenFiles files;

    /** Makes the guard; it looks at nothing yet. */
    public OpenNodeGuard(HostFiles host, OpenFiles files) {
        this.host = host;
        this.files = files;
    }

    @Override
    public String name() {
        return "open-node";
    }

    @Override
    public List<String> objections(GuardedFunction function, String driver) {
        return holders(function).stream().filter(holder -> !holder.own()).map(holder -> holder + "; end it first").toList();
    }

    /** Returns every process that has a function open, this one included. */
    public List<Holder> holders(GuardedFunction function) {
        Set<Path> nodes = nodes(function);
        List<Holder> group = files.holders(nodes::contains);
        return Stream.concat(group.stream(), files.devices(function).stream()
                .filter(device -> group.stream().noneMatch(holder -> holder.pid() == device.pid()))).toList();
    }

    /** Returns the nodes by which a function is opened. */
    public Set<Path> nodes(GuardedFunction function) {
        Stream<String> groups = function.group().stream()
                .flatMap(number -> Stream.of(number.toString(), "noiommu-" + number));
        Stream<String> devices = function.directory().child("vfio-dev").names().stream().map(name -> "devices/" + name);
        return Stream.concat(groups, devices).map(host.nodes()::resolve).collect(Collectors.toSet());
    }
}
