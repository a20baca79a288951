// SPDX-License-Identifier: Apache-2.0
package examples.nic.api;

import org.osgi.annotation.versioning.ProviderType;
import vfio.core.VfioException;
import vfio.pci.core.id.PciAddress;

/**
 * The commands that the card's firmware takes from its PF: a service of the PF's driver, with the PF's address as property
 * {@code vfio.pci.function}. Answers are values; any thread may call.
 */
@ProviderType
public interface NicCommands {

    /**
     * Asks the firmware for the MAC address of a VF.
     *
     * @return 6 bytes
     * @throws VfioException EINVAL where the address is that of no VF of the PF; ETIMEDOUT where the firmware does not answer;
     *     EAGAIN while the PF's driver is being exchanged, for longer than a second; ENOTCONN where the driver has left
     */
    byte[] macOf(PciAddress vf);
}
