// SPDX-License-Identifier: Apache-2.0
package vfio.admin;

import java.util.List;
import org.osgi.annotation.versioning.ConsumerType;

/** Brings commands: registered as a service, asked for each run. */
@ConsumerType
public interface CommandProvider {

    /** Fresh objects whose classes carry picocli's annotations, the command's name among them. */
    List<Command> commands();
}
