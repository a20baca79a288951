// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.sysfs;

/** Text from a file made safe to print: one line, no control or direction characters, not endless. */
public final class PrintableText {
    private static final int LONGEST = 255;

    private PrintableText() {
    }

    /** Returns {@code text} with each unprintable character replaced, and cut to 255 characters. */
    public static String of(String text) {
        StringBuilder printable = new StringBuilder();
        text.codePoints().limit(LONGEST).map(c -> isPrintable(c) ? c : '\ufffd').forEach(printable::appendCodePoint);
        return printable.toString();
    }

    private static boolean isPrintable(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL, Character.FORMAT, Character.SURROGATE, Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR, Character.UNASSIGNED, Character.PRIVATE_USE -> false;
            default -> true;
        };
    }
}
