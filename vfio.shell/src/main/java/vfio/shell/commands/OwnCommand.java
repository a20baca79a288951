// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

import picocli.CommandLine;
import vfio.admin.Command;

/** A command of this bundle: the heading under which help lists it, and the options that all of them have. */
abstract class OwnCommand implements Command {
    @CommandLine.Mixin
    Output output;

    private final String group;

    /** @param group one of {@link Groups} */
    OwnCommand(String group) {
        this.group = group;
    }

    @Override
    public final String group() {
        return group;
    }
}
