// SPDX-License-Identifier: Apache-2.0
package vfio.admin;

import java.util.List;
import org.osgi.annotation.versioning.ConsumerType;

/** A source of commands: a service that is asked at each run. */
@ConsumerType
public interface CommandProvider {

    /** Returns new objects, whose classes carry picocli's annotations, the command's name among them. */
    List<Command> commands();
}
