// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.doctor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import vfio.hardware.linux.admin.HostAdmin.Finding;
import vfio.hardware.linux.guard.OpenFiles;

/** The check of the nodes: the processes that have groups and devices open, and the permissions of this program. */
final class NodeUsers implements Check {
    private final Path nodes;
    private final OpenFiles files;

    NodeUsers(Path nodes, OpenFiles files) {
        this.nodes = nodes;
        this.files = files;
    }

    @Override
    public List<Finding> findings(long memory) {
        List<Finding> findings = new ArrayList<>();
        files.holders(file -> file.startsWith(nodes) && !file.equals(nodes.resolve("vfio"))).stream()
                .map(holder -> Check.note("in use", holder.toString(), null)).forEach(findings::add);
        for (Path folder : List.of(nodes, nodes.resolve("devices"))) {
            for (Path node : each(folder)) {
                if (!Files.isReadable(node) || !Files.isWritable(node)) {
                    findings.add(Check.warning("permission", node + " belongs to " + owner(node),
                            "'vfio bind NAME --owner USER' gives it to this program's user and prints the udev rule that "
                            + "keeps it"));
                }
            }
        }
        return findings;
    }

    private static List<Path> each(Path folder) {
        try (Stream<Path> nodes = Files.list(folder)) {
            return nodes.filter(node -> !Files.isDirectory(node)).sorted().toList();
        } catch (IOException e) {
            return List.of(); // VFIO is not here, or its nodes are not for this user to see
        }
    }

    private static String owner(Path node) {
        try {
            return Files.getOwner(node).getName();
        } catch (IOException | UnsupportedOperationException e) {
            return "another user";
        }
    }
}
