// SPDX-License-Identifier: Apache-2.0
package vfio.core;

/**
 * The text of an exception that code of others threw. The methods of such an exception are code of others too: the methods
 * here return whatever those do, and no object of a driver's class leaves here.
 */
public final class Thrown {
    private static final int LONGEST = 1000;

    private Thrown() {
    }

    /** Returns the message of a {@link VfioException}; of anything else the type, and the message where there is one. */
    public static String text(Throwable e) {
        String type = e.getClass().getName();
        try {
            String message = e.getMessage();
            return e instanceof VfioException ? message : message == null ? type : type + ": " + bounded(message);
        } catch (Throwable hostile) {
            return type;
        }
    }

    /**
     * Returns the sentence of a {@link VfioException}; of anything else the message, or the type where there is no message.
     */
    public static String words(Throwable e) {
        try {
            String words = e instanceof VfioException refusal ? refusal.sentence() : e.getMessage();
            return words == null ? e.getClass().getName() : words;
        } catch (Throwable hostile) {
            return e.getClass().getName();
        }
    }

    /** Returns an exception of a class of the JDK, with the text and the stack of {@code e}, for a log. */
    public static Exception copy(Throwable e) {
        Exception copy = new Exception(text(e));
        try {
            copy.setStackTrace(e.getStackTrace());
        } catch (Throwable hostile) {
            return copy; // with the stack of this method
        }
        return copy;
    }

    public static String bounded(String text) {
        return text.length() <= LONGEST ? text : text.substring(0, LONGEST) + "…";
    }
}
