// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import vfio.core.VfioException;

/** Makes text from files and drivers fit to be shown. */
final class PlainText {
    private static final int LONGEST = 2000;

    private PlainText() {
    }

    /** Replaces control characters, line ends included, by {@code ?}, and cuts the text to 2000 characters. */
    static String plain(String text) {
        StringBuilder plain = new StringBuilder();
        text.codePoints().limit(LONGEST).forEach(c -> plain.appendCodePoint(control(c) ? '?' : c));
        return text.length() > LONGEST ? plain + "…" : plain.toString();
    }

    /** Returns the first line, as {@link #plain}. */
    static String firstLine(String text) {
        return plain(text.lines().findFirst().orElse("").strip());
    }

    /** Tells whether a character is replaced; format characters are, since a bidirectional override disguises a name. */
    static boolean control(int codePoint) {
        return Character.isISOControl(codePoint) || Character.getType(codePoint) == Character.FORMAT
                || Character.getType(codePoint) == Character.SURROGATE;
    }

    /** Returns types and messages of a chain of causes, up to where a driver's own getMessage or getCause throws. */
    static String causes(Throwable thrown) {
        StringBuilder text = new StringBuilder();
        Throwable next = thrown;
        try {
            for (int depth = 0; next != null && depth < 8; depth++, next = next.getCause()) {
                text.append(depth == 0 ? "" : ": ").append(next.getClass().getSimpleName());
                String message = next.getMessage();
                text.append(message == null ? "" : " \"" + firstLine(message) + '"');
            }
        } catch (Throwable hostile) {
            return text.toString();
        }
        return text.toString();
    }

    /** Returns the message of a refusal, and of another throwable what {@link #causes} does. */
    static String sentence(Throwable thrown) {
        return thrown instanceof VfioException known ? known.getMessage() : causes(thrown);
    }

    /** Returns functions with their reasons; a reason that several functions share stands once. */
    static String failures(Map<String, String> reasons) {
        Map<String, List<String>> byReason = new LinkedHashMap<>();
        reasons.forEach((function, reason) -> byReason.computeIfAbsent(reason.replace(function, "it"),
                one -> new ArrayList<>()).add(function));
        return byReason.entrySet().stream().map(one -> String.join(", ", one.getValue()) + ": " + one.getKey())
                .collect(Collectors.joining("; "));
    }
}
