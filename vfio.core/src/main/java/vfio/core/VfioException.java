// SPDX-License-Identifier: Apache-2.0
package vfio.core;

import java.util.Objects;

/**
 * A refusal that the kernel would answer with an errno: the errno, and a sentence that says what was tried, on what, why it
 * failed and what to do.
 */
public final class VfioException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** The kind of a refusal: the kernel has one errno for several kinds. */
    public enum Kind {
        /** The named object exists, and its state, a rule or a user forbids the operation. */
        REFUSED,
        /** A word of the request cannot be read, whatever objects exist. */
        UNREADABLE,
        /** No object has a name that was given. */
        UNKNOWN_NAME,
        /** The function has no driver, and the operation needs one. */
        NOT_BOUND,
        /** The driver of the device is being exchanged, and the user does not wait: nothing was done; try again then. */
        HELD,
        /** The driver of a device that is to be exchanged did not hand the device over. */
        NOT_HANDED_OVER,
        /** A device that is to be exchanged, its function or its driver has left meanwhile, or is about to. */
        LEFT,
        /** A driver did not come back from a call, and its device is lost by that. */
        STUCK
    }

    private final Kind kind;
    private final Errno errno;
    private final String sentence;

    public VfioException(Errno errno, String sentence) {
        this(Kind.REFUSED, errno, sentence, null);
    }

    public VfioException(Kind kind, Errno errno, String sentence) {
        this(kind, errno, sentence, null);
    }

    /**
     * Makes a refusal with a cause.
     *
     * @param cause no object of a driver's class: turn such a cause into text first
     */
    public VfioException(Errno errno, String sentence, Throwable cause) {
        this(Kind.REFUSED, errno, sentence, cause);
    }

    private VfioException(Kind kind, Errno errno, String sentence, Throwable cause) {
        super(message(errno, printable(sentence)), cause);
        this.kind = kind;
        this.errno = errno;
        this.sentence = printable(sentence);
    }

    /** Returns the message, with the errno's words once: a sentence that quotes the kernel has them already. */
    private static String message(Errno errno, String sentence) {
        return sentence + " (" + errno + (sentence.contains(errno.text()) ? ")" : ", " + errno.text() + ")");
    }

    /** Replaces control characters: a sentence quotes files, sockets and drivers, and must not move a terminal's cursor. */
    private static String printable(String text) {
        return Objects.requireNonNull(text).replaceAll("\\p{Cntrl}", "?");
    }

    /** Returns the message without the errno. */
    public String sentence() {
        return sentence;
    }

    public Kind kind() {
        return kind;
    }

    public Errno errno() {
        return errno;
    }
}
