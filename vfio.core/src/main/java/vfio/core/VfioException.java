// SPDX-License-Identifier: Apache-2.0
package vfio.core;

import java.util.Objects;

/**
 * What the kernel would answer with an errno: the errno, and a sentence that says what was tried, on what, why it
 * failed and what to do.
 */
public final class VfioException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** What a refusal is about, where the errno leaves that open: the kernel has one for several. */
    public enum Kind {
        /** The thing is there and in no state for it, or somebody or something forbids it. */
        REFUSED,
        /** A word of the request cannot be read, whatever is there. */
        UNREADABLE,
        /** Nothing is of a name that was given. */
        UNKNOWN_NAME,
        /** The function has no driver that this needs. */
        NOT_BOUND
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

    /** {@code cause} must not be an object of a driver's class: turn such a thing into text first. */
    public VfioException(Errno errno, String sentence, Throwable cause) {
        this(Kind.REFUSED, errno, sentence, cause);
    }

    private VfioException(Kind kind, Errno errno, String sentence, Throwable cause) {
        super(message(errno, printable(sentence)), cause);
        this.kind = kind;
        this.errno = errno;
        this.sentence = printable(sentence);
    }

    /** The errno's words are said once: a sentence of the kernel's has them already. */
    private static String message(Errno errno, String sentence) {
        return sentence + " (" + errno + (sentence.contains(errno.text()) ? ")" : ", " + errno.text() + ")");
    }

    /** A sentence quotes files, sockets and drivers: it stays one line and moves no terminal's cursor. */
    private static String printable(String text) {
        return Objects.requireNonNull(text).replaceAll("\\p{Cntrl}", "?");
    }

    /** The message without the errno. */
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
