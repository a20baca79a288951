// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.doctor;

import java.util.List;
import vfio.hardware.linux.admin.HostAdmin.Finding;
import vfio.hardware.linux.admin.HostAdmin.Verdict;

/** Looks at one thing of the host, anew by each call; what cannot be read is a finding too. */
interface Check {

    /** @param memory bytes that the largest user needs, 0 where that is not known */
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
