// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.binding;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import java.nio.file.attribute.UserPrincipalNotFoundException;
import java.util.ArrayList;
import java.util.List;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.hardware.linux.guard.GuardedFunction;
import vfio.hardware.linux.guard.OpenNodeGuard;

/** The user to whom a function's nodes below /dev/vfio are given, with the udev rule that gives them each time. */
record NodeOwner(GuardedFunction function, OpenNodeGuard nodes, String user) {

    /**
     * Looks the user up, which is done before anything is changed.
     *
     * @throws VfioException EINVAL where the host has no such user
     */
    UserPrincipal principal() {
        try {
            return Path.of("/").getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName(user);
        } catch (UserPrincipalNotFoundException e) {
            throw new VfioException(Errno.EINVAL, "give the nodes of " + function + " to " + user + ": no such user", e);
        } catch (IOException e) {
            throw new VfioException(Errno.EIO, "look up user " + user + ": " + e.getMessage(), e);
        }
    }

    /** Gives the nodes to the user; returns what was done, a clause each. */
    List<String> give() {
        List<String> steps = new ArrayList<>();
        UserPrincipal principal = principal();
        for (Path node : nodes.nodes(function).stream().sorted().filter(Files::exists).toList()) {
            try {
                Files.setOwner(node, principal);
            } catch (IOException e) {
                throw new VfioException(Errno.EACCES, "give " + node + " to " + user + ": " + e.getMessage(), e);
            }
            steps.add(node + " belongs to " + user);
        }
        steps.add(rule());
        return steps;
    }

    /** Returns a clause with the udev rule. */
    String rule() {
        return "udev keeps that by: SUBSYSTEM==\"vfio\", KERNEL==\"" + function.group().map(String::valueOf).orElse("?")
                + "\", OWNER=\"" + user + "\" and SUBSYSTEM==\"vfio-dev\", KERNELS==\"" + function + "\", OWNER=\"" + user
                + "\"";
    }
}
