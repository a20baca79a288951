// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.admin;

import java.io.Serializable;
import java.util.List;
import org.osgi.annotation.versioning.ProviderType;

/** What stands between this host's functions and their users. It looks, and changes nothing. */
@ProviderType
public interface HostAdmin {

    /**
     * Examines the host as the asked program sees it, with its user, its limits and its capabilities.
     *
     * @param memory of the largest user, a guest as a rule, in bytes; 0 where that is not known
     * @return in the order in which they matter
     */
    List<Finding> examine(long memory);

    /** How bad it is. */
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
     * @param check what, in a word or two
     * @param found what is so
     * @param advice what to do, or null
     */
    record Finding(String check, Verdict verdict, String found, String advice) implements Serializable {
    }
}
