// SPDX-License-Identifier: Apache-2.0
package examples.nic.vf;

import examples.nic.api.NicCommands;
import java.util.List;
import java.util.Map;
import java.util.Map.Entry;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.pci.core.PciBinding;
import vfio.pci.core.PciDriver;
import vfio.pci.core.PciFunctionOwner;
import vfio.pci.core.PciIds;
import vfio.pci.core.VfioPciDevice;
import vfio.pci.core.id.PciDeviceId;

/** The driver of the card's VFs, which asks the driver of their PF. */
@Component
@PciIds(driver = "nic-vf", overrideOnly = "1234:11f1", state = "0")
public final class NicVfDriver implements PciDriver {
    /**
     * The services of the PFs that have a driver now, each with its properties. The reference is optional and dynamic: VFs
     * stay open while the driver of their PF is away.
     */
    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    volatile List<Entry<Map<String, Object>, NicCommands>> offered;

    @Override
    public PciBinding probe(VfioPciDevice device, PciDeviceId id) {
        return new NicVfOperations(device, () -> commands(device));
    }

    /** Returns the service of a VF's PF. */
    private NicCommands commands(VfioPciDevice vf) {
        String pf = vf.function().physicalFunction().orElseThrow().toString();
        return offered.stream().filter(each -> pf.equals(each.getKey().get(PciFunctionOwner.FUNCTION))).map(Entry::getValue)
                .findFirst().orElseThrow(() -> new VfioException(Errno.ENOTCONN,
                        "open " + vf.address() + ": its PF " + pf + " has no driver that offers its commands"));
    }
}
