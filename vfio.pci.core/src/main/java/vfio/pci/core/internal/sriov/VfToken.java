// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.sriov;

import java.util.Optional;
import java.util.UUID;
import vfio.core.Errno;
import vfio.core.VfioException;

/**
 * The secret that the user of a PF shares with the users of its VFs (vfio_pci_validate_vf_token, vfio_pci_core.c). Lives as
 * long as the PF is bound to a VFIO driver; at first it is random, so that nobody knows it.
 */
public final class VfToken {
    private UUID token = UUID.randomUUID();
    private int users;

    /** Sets the secret, for the PF's user (feature PCI_VF_TOKEN). */
    public synchronized void set(UUID secret) {
        token = secret;
    }

    /** Counts a VF that was opened. */
    public synchronized void userAdded() {
        users++;
    }

    /** Counts a VF that was closed. */
    public synchronized void userGone() {
        users--;
    }

    /**
     * Checks an open of the PF: while a VF is open it takes the secret; else a secret that is given is set.
     *
     * @throws VfioException EACCES where a VF is open and the secret is missing or another
     */
    public synchronized void checkPhysical(String pf, Optional<UUID> given) {
        if (users > 0) {
            require(pf, given, users + " of its VFs are open");
        } else {
            given.ifPresent(this::set);
        }
    }

    /**
     * Checks an open of a VF.
     *
     * @throws VfioException EACCES where the secret is missing or another
     */
    public synchronized void checkVirtual(String vf, Optional<UUID> given) {
        require(vf, given, "its PF is bound to a VFIO driver");
    }

    private void require(String function, Optional<UUID> given, String why) {
        if (given.isEmpty() || !given.get().equals(token)) {
            throw new VfioException(Errno.EACCES, "open " + function + ": " + why + ", so the PF's VF token is needed and "
                    + (given.isEmpty() ? "none was given" : "this is another one") + "; append vf_token=UUID to the name");
        }
    }

    /**
     * Checks an open of a function to which no token belongs.
     *
     * @throws VfioException EINVAL where one is given
     */
    public static void checkNone(String function, Optional<UUID> given, String why) {
        if (given.isPresent()) {
            throw new VfioException(Errno.EINVAL, "open " + function + ": a VF token was given, but " + why);
        }
    }
}
