// SPDX-License-Identifier: Apache-2.0
package vfio.core;

/**
 * What code of others threw, as text. Its own methods are code of others too: whatever they do, who catches such a thing goes
 * on, and no object of a driver's class goes further.
 */
public final class Thrown {
    private static final int LONGEST = 1000;

    private Thrown() {
    }

    /** The message of a {@link VfioException}; of anything else the type, and the message where there is one. */
    public static String text(Throwable e) {
        String type = e.getClass().getName();
        try {
            String message = e.getMessage();
            return e instanceof VfioException ? message : message == null ? type : type + ": " + bounded(message);
        } catch (Throwable hostile) {
            return type;
        }
    }

    /** The sentence of a {@link VfioException}, the message of anything else, or the type where there is none. */
    public static String words(Throwable e) {
        try {
            String words = e instanceof VfioException refusal ? refusal.sentence() : e.getMessage();
            return words == null ? e.getClass().getName() : words;
        } catch (Throwable hostile) {
            return e.getClass().getName();
        }
    }

    /** An exception of ours with its text and its stack, for a log. */
    public static Exception copy(Throwable e) {
        Exception copy = new Exception(text(e));
        try {
            copy.setStackTrace(e.getStackTrace());
        } catch (Throwable hostile) {
            return copy; // with a stack that leads here
        }
        return copy;
    }

    public static String bounded(String text) {
        return text.length() <= LONGEST ? text : text.substring(0, LONGEST) + "…";
    }
}
