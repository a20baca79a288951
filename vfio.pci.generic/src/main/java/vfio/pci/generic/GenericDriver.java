// SPDX-License-Identifier: Apache-2.0
package vfio.pci.generic;

import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import vfio.core.Errno;
import vfio.core.EventLog;
import vfio.core.VfioException;
import vfio.pci.core.PciBinding;
import vfio.pci.core.PciDriver;
import vfio.pci.core.PciIds;
import vfio.pci.core.VfioPciDevice;
import vfio.pci.core.VfioPciOperations;
import vfio.pci.core.id.PciDeviceId;
import vfio.pci.generic.DenyList.Denied;

/**
 * The driver of every function (drivers/vfio/pci/vfio_pci.c). It makes a function a VFIO device with the core's own
 * operations; one of the {@link DenyList} only where the setting {@code disableDenylist} is true.
 */
@Component
@PciIds(driver = "vfio-pci", module = "vfio_pci", overrideOnly = "*:*")
public final class GenericDriver implements PciDriver {
    private static final String DISABLE_DENYLIST = "disableDenylist";

    private final EventLog events;

    @Activate
    public GenericDriver(@Reference EventLog events) {
        this.events = events;
    }

    /** @throws VfioException EINVAL for a function of the deny list */
    @Override
    public PciBinding probe(VfioPciDevice device, PciDeviceId id) {
        DenyList.of(device.function().key().vendor(), device.function().key().device())
                .ifPresent(denied -> refuseUnlessAllowed(device, denied));
        return new VfioPciOperations(device);
    }

    private void refuseUnlessAllowed(VfioPciDevice device, Denied denied) {
        String ids = "%04x:%04x, %s,".formatted(device.function().key().vendor(), device.function().key().device(),
                denied.name());
        if (!device.setting(DISABLE_DENYLIST).map(Boolean::parseBoolean).orElse(false)) {
            throw new VfioException(Errno.EINVAL, "probe " + device.address() + ": " + ids + " is on the deny list of "
                    + device.driver() + ": " + denied.reason() + "; where its user is trusted set " + DISABLE_DENYLIST
                    + "=true in vfio.pci.driver~" + device.driver() + " and bind again");
        }
        events.record("denylist", device.address().toString(), ids + " is allowed by " + DISABLE_DENYLIST + ", though "
                + denied.reason());
    }
}
