// SPDX-License-Identifier: Apache-2.0
package vfio.os;

import vfio.core.Errno;
import vfio.core.VfioException;

/** The answers of system calls, 0 or more or an errno with a minus before it, made values and exceptions. */
final class Answers {
    /** mmap(2) answers an address or an errno; errnos reach down to this. */
    private static final long FIRST_ERROR = -4095;

    private Answers() {
    }

    /**
     * Returns an answer that is no error.
     *
     * @param act what was tried, for the sentence of an error
     * @throws VfioException with the errno that was answered
     */
    static int succeeded(String act, int answer) {
        if (answer < 0) {
            throw failed(act, answer);
        }
        return answer;
    }

    /**
     * Returns the address that mmap(2) answered.
     *
     * @throws VfioException with the errno where mmap(2) failed
     */
    static long address(String act, long answer) {
        if (answer < 0 && answer >= FIRST_ERROR) {
            throw failed(act, answer);
        }
        return answer;
    }

    /** Makes the exception of an answer; its errno is EIO where the kernel's is not one that {@link Errno} has. */
    static VfioException failed(String act, long answer) {
        return Errno.of((int) -answer).map(errno -> new VfioException(errno, act + ": " + errno.text()))
                .orElseGet(() -> new VfioException(Errno.EIO, act + ": the kernel answered errno " + -answer));
    }
}
