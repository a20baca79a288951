// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.sriov;

import java.util.Optional;
import java.util.UUID;
import vfio.core.Errno;
import vfio.core.VfioException;

/**
 * The secret that the user of a PF shares with the users of its VFs (vfio_pci_validate_vf_token, vfio_pci_core.c). It lives
 * as long as the PF is bound to a VFIO driver; at first it is random, so that nobody has it.
 */
public final class VfToken {
    private UUID token = UUID.randomUUID();
    private int users;

    /** Set by the PF's user (feature PCI_VF_TOKEN). */
    public synchronized void set(UUID secret) {
        token = secret;
    }

    /** A VF was opened. */
    public synchronized void userAdded() {
        users++;
    }

    public synchronized void userGone() {
        users--;
    }

    /**
     * Whether the PF may be opened: while a VF is open by who has the secret; else a secret that is given is set.
     *
     * @throws VfioException EACCES
     */
    public synchronized void checkPhysical(String pf, Optional<UUID> given) {
        if (users > 0) {
            require(pf, given, users + " of its VFs are open");
        } else {
            given.ifPresent(this::set);
        }
    }

    /**
     * Whether a VF may be opened.
     *
     * @throws VfioException EACCES
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
     * What is true of functions that have nothing to do with a token.
     *
     * @throws VfioException EINVAL where one is given
     */
    public static void checkNone(String function, Optional<UUID> given, String why) {
        if (given.isPresent()) {
            throw new VfioException(Errno.EINVAL, "open " + function + ": a VF token was given, but " + why);
        }
    }
}
