// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.admin;

import java.io.Serializable;
import java.util.List;
import org.osgi.annotation.versioning.ProviderType;

/** The operator's facet of this host: finds what stands between its functions and their users. It changes nothing. */
@ProviderType
public interface HostAdmin {

    /**
     * Examines the host as the asked program sees it, with its user, its limits and its capabilities.
     *
     * @param memory of the largest user, a guest as a rule, in bytes; 0 where that is not known
     * @return the findings, the most important first
     */
    List<Finding> examine(long memory);

    /** The weight of a finding. */
    enum Verdict {
        /** As it should be. */
        OK,
        /** Good to know; nothing needs to be done. */
        NOTE,
        /** Works, or works for some. */
        WARNING,
        /** Does not work until it is mended. */
        PROBLEM
    }

    /**
     * One thing that was looked at.
     *
     * @param check its name, a word or two
     * @param found the state of the thing
     * @param advice what to do, or null
     */
    record Finding(String check, Verdict verdict, String found, String advice) implements Serializable {
    }
}
