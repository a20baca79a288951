// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Text from files and drivers, made fit to be shown. */
final class PlainText {
    private static final int LONGEST = 2000;

    private PlainText() {
    }

    /** Control characters, line ends included, become {@code ?}; what is very long is cut. */
    static String plain(String text) {
        StringBuilder plain = new StringBuilder();
        text.codePoints().limit(LONGEST).forEach(c -> plain.appendCodePoint(control(c) ? '?' : c));
        return text.length() > LONGEST ? plain + "…" : plain.toString();
    }

    static String firstLine(String text) {
        return plain(text.lines().findFirst().orElse("").strip());
    }

    /** Format characters too: a bidirectional override makes a name look like another. */
    static boolean control(int codePoint) {
        return Character.isISOControl(codePoint) || Character.getType(codePoint) == Character.FORMAT
                || Character.getType(codePoint) == Character.SURROGATE;
    }

    /** Types and messages of a chain of causes; what a driver's own getMessage or getCause throws ends it. */
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

    /** Functions with the reason of each; a reason that several share is said once. */
    static String failures(Map<String, String> reasons) {
        Map<String, List<String>> byReason = new LinkedHashMap<>();
        reasons.forEach((function, reason) -> byReason.computeIfAbsent(reason.replace(function, "it"),
                one -> new ArrayList<>()).add(function));
        return byReason.entrySet().stream().map(one -> String.join(", ", one.getValue()) + ": " + one.getKey())
                .collect(Collectors.joining("; "));
    }
}
