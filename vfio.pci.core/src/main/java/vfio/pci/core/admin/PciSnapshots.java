// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.admin;

import java.io.Serializable;
import java.util.List;
import org.osgi.annotation.versioning.ProviderType;
import vfio.core.VfioException;
import vfio.pci.core.snapshot.FunctionSnapshot;

/** The operator's facet that carries config space: functions with all their bytes. */
@ProviderType
public interface PciSnapshots {

    /**
     * Reads every function of a bus.
     *
     * @param bus its name
     * @throws VfioException ENODEV where there is no bus of that name
     */
    Snapshot snapshot(String bus);

    /**
     * @param functions in address order
     * @param unread why any other could not be read, a sentence each
     */
    record Snapshot(List<FunctionSnapshot> functions, List<String> unread) implements Serializable {
        public Snapshot {
            functions = List.copyOf(functions);
            unread = List.copyOf(unread);
        }
    }
}
