// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.topology;

/** A topology that cannot be used: the file, the place in it, what was found there and what was expected. */
public final class TopologyException extends Exception {
    private static final long serialVersionUID = 1L;
    private static final int LONGEST = 80;

    private final int line;
    private final int column;

    /**
     * Makes the error of one place.
     *
     * @param line from 1
     * @param column from 1
     */
    TopologyException(String file, int line, int column, String found, String expected) {
        super(file + ":" + line + ":" + column + ": found " + found + "; expected " + expected);
        this.line = line;
        this.column = column;
    }

    /** Returns the line of the mistake, from 1. */
    public int line() {
        return line;
    }

    /** Returns the column of the mistake, from 1. */
    public int column() {
        return column;
    }

    /** Returns text of a file as it may be printed: quoted, short, without control characters. */
    static String quote(String text) {
        StringBuilder quoted = new StringBuilder("'");
        text.codePoints().limit(LONGEST).forEach(c -> {
            if (Character.isISOControl(c) || Character.getType(c) == Character.FORMAT || c == 0x2028 || c == 0x2029) {
                quoted.append("\\u%04x".formatted(c));
            } else {
                quoted.appendCodePoint(c);
            }
        });
        return quoted.append(text.codePointCount(0, text.length()) > LONGEST ? "…'" : "'").toString();
    }
}
