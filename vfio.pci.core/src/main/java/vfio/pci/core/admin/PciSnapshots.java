// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.admin;

import java.util.function.Consumer;
import java.util.stream.Stream;
import org.osgi.annotation.versioning.ProviderType;
import vfio.core.VfioException;
import vfio.pci.core.snapshot.FunctionSnapshot;

/** The operator's facet that carries config space: functions with all their bytes. */
@ProviderType
public interface PciSnapshots {

    /**
     * Reads every function of a bus, in address order, each only when the stream asks for it, since the config space of very
     * many functions is large.
     *
     * @param bus the name of the bus
     * @param unread receives a sentence for each function that could not be read, with the reason
     * @throws VfioException ENODEV where no bus has this name
     */
    Stream<FunctionSnapshot> snapshot(String bus, Consumer<String> unread);
}
