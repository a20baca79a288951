// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

import picocli.CommandLine;

/** The parameter of a command that names a function. */
final class FunctionName {
    static final String LABEL = "NAME";
    static final String DESCRIPTION = "BDF, or bus/BDF where two buses have it.";

    @CommandLine.Parameters(index = "0", paramLabel = LABEL, description = DESCRIPTION)
    String name;
}
