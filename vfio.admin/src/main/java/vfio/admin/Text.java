// SPDX-License-Identifier: Apache-2.0
package vfio.admin;

/**
 * The escapes that make text of unknown origin fit for a terminal: file names, overrides and driver messages may hold
 * anything.
 */
public final class Text {
    private Text() {
    }

    /**
     * Returns the text with each character that has no shape of its own (controls, line ends, direction marks, lone
     * surrogates) written as an escape: {@code \n}, {@code \x1b}, {@code \u202e}.
     */
    public static String visible(String text) {
        if (text.codePoints().noneMatch(Text::hidden)) {
            return text;
        }
        StringBuilder shown = new StringBuilder();
        text.codePoints().forEach(c -> {
            if (hidden(c)) {
                shown.append(escape(c));
            } else {
                shown.appendCodePoint(c);
            }
        });
        return shown.toString();
    }

    /** Returns whether a terminal would act on the code point, or show nothing, instead of printing it. */
    static boolean hidden(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL, Character.FORMAT, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR,
                    Character.SURROGATE, Character.PRIVATE_USE, Character.UNASSIGNED -> true;
            default -> false;
        };
    }

    private static String escape(int c) {
        return switch (c) {
            case '\n' -> "\\n";
            case '\r' -> "\\r";
            case '\t' -> "\\t";
            default -> c <= 0xff ? "\\x%02x".formatted(c) : c <= 0xffff ? "\\u%04x".formatted(c) : "\\U%08x".formatted(c);
        };
    }
}
