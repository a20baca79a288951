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
     * Reads every function of a bus, in address order, each when it is asked for: config space of very many is large.
     *
     * @param bus its name
     * @param unread told why any other could not be read, a sentence each
     * @throws VfioException ENODEV where there is no bus of that name
     */
    Stream<FunctionSnapshot> snapshot(String bus, Consumer<String> unread);
}
