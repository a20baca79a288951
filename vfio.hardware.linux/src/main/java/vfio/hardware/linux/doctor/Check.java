// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.doctor;

import java.util.List;
import vfio.hardware.linux.admin.HostAdmin.Finding;
import vfio.hardware.linux.admin.HostAdmin.Verdict;

/** A check of one thing of the host, made anew by each call. A file that cannot be read is a finding too. */
interface Check {

    /**
     * Looks.
     *
     * @param memory the bytes that the largest user needs, 0 where that is not known
     */
    List<Finding> findings(long memory);

    static Finding ok(String check, String found) {
        return new Finding(check, Verdict.OK, found, null);
    }

    static Finding note(String check, String found, String advice) {
        return new Finding(check, Verdict.NOTE, found, advice);
    }

    static Finding warning(String check, String found, String advice) {
        return new Finding(check, Verdict.WARNING, found, advice);
    }

    static Finding problem(String check, String found, String advice) {
        return new Finding(check, Verdict.PROBLEM, found, advice);
    }
}
