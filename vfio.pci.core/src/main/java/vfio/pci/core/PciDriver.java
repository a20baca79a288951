// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core;

import org.osgi.annotation.versioning.ConsumerType;
import vfio.pci.core.id.PciDeviceId;

/**
 * A PCI driver: an OSGi service whose class carries {@link PciIds}. The core takes the service at the first bind and
 * gives it back when no function is bound to it.
 *
 * <p>Every call runs on the worker of the driver's bundle, within a time limit (10 s unless set); a driver whose call
 * outlives the limit is never called again.
 */
@ConsumerType
public interface PciDriver {

    /**
     * Takes a function.
     *
     * @param device the device, made and owned by the core; valid until the binding's {@code remove} has returned
     * @param id the first matching entry, of the dynamic ids before the table; {@link PciDeviceId#MATCH_ALL} where the
     *     override alone matched
     * @return the binding, made for {@code device}, never null
     * @throws vfio.core.VfioException to decline, with an errno and a sentence; nothing may be left behind
     */
    PciBinding probe(VfioPciDevice device, PciDeviceId id);
}
