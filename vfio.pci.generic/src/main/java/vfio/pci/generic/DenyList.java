// SPDX-License-Identifier: Apache-2.0
package vfio.pci.generic;

import java.util.Map;
import java.util.Optional;

/**
 * The functions that an untrusted user is not to have (vfio_pci_dev_in_denylist, drivers/vfio/pci/vfio_pci.c; the ids as in
 * include/linux/pci_ids.h). Constant.
 */
final class DenyList {
    /** The vendor of every function on the list. */
    private static final int INTEL = 0x8086;
    private static final String QUICK_ASSIST = "it was not designed for untrusted users, who can hang the host with it";
    private static final String SAPPHIRE_RAPIDS =
            "an erratum of the hardware makes it unsafe in the hands of an untrusted user";

    private static final Map<Integer, Denied> DEVICES = Map.of(
            0x0435, new Denied("QAT_DH895XCC", QUICK_ASSIST),
            0x0443, new Denied("QAT_DH895XCC_VF", QUICK_ASSIST),
            0x0b25, new Denied("DSA_SPR0", SAPPHIRE_RAPIDS),
            0x0cfe, new Denied("IAX_SPR0", SAPPHIRE_RAPIDS),
            0x19e2, new Denied("QAT_C3XXX", QUICK_ASSIST),
            0x19e3, new Denied("QAT_C3XXX_VF", QUICK_ASSIST),
            0x37c8, new Denied("QAT_C62X", QUICK_ASSIST),
            0x37c9, new Denied("QAT_C62X_VF", QUICK_ASSIST));

    /**
     * A kind of function on the list.
     *
     * @param name the kernel's, after {@code PCI_DEVICE_ID_INTEL_}
     * @param reason a clause for a person
     */
    record Denied(String name, String reason) {
    }

    private DenyList() {
    }

    /** Returns why functions of these ids are denied, empty where they are not. */
    static Optional<Denied> of(int vendor, int device) {
        return vendor == INTEL ? Optional.ofNullable(DEVICES.get(device)) : Optional.empty();
    }
}
