// SPDX-License-Identifier: Apache-2.0
package vfio.realworld.program;

import java.nio.file.Files;
import java.nio.file.Path;
import org.osgi.service.component.annotations.Component;
import vfio.pci.core.PciBinding;
import vfio.pci.core.PciDriver;
import vfio.pci.core.PciIds;
import vfio.pci.core.VfioPciDevice;
import vfio.pci.core.VfioPciOperations;
import vfio.pci.core.id.PciDeviceId;

/** Forwards everything, to be a driver: only such bundles are deployed. Ends the process where {@code /run/guest-exit} is. */
@Component
@PciIds(driver = "edu_program", overrideOnly = "1234:11e8")
public final class ProgramDriver implements PciDriver {
    private static final Path EXIT = Path.of("/run/guest-exit");

    @Override
    public PciBinding probe(VfioPciDevice device, PciDeviceId id) {
        if (Files.exists(EXIT)) {
            System.exit(0);
        }
        return new VfioPciOperations(device);
    }
}
