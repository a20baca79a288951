// SPDX-License-Identifier: Apache-2.0
package vfio.realworld.lspci;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import vfio.realworld.lspci.LineRule.Told;

/** The forms of the lines of one capability, or of the header, as lines.txt has them. */
final class LineRules {
    private static final String FILE = "lines.txt";
    private final List<LineRule> titles = new ArrayList<>();
    /** By the label that lines begin with. */
    private final Map<String, List<LineRule>> lines = new LinkedHashMap<>();
    private final Map<String, String> aliases = new LinkedHashMap<>();

    /** By {@code header}, {@code standard ID} and {@code extended ID}. */
    static Map<String, LineRules> read() throws IOException {
        Map<String, LineRules> all = new LinkedHashMap<>();
        LineRules current = null;
        String text;
        try (InputStream in = LineRules.class.getResourceAsStream(FILE)) {
            text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
        for (String line : text.split("\n")) {
            if (line.matches("header|(standard|extended) \\p{XDigit}+")) {
                current = new LineRules();
                all.put(line, current);
            } else if (!line.isBlank() && !line.startsWith("#")) {
                current.add(line);
            }
        }
        return all;
    }

    private void add(String line) {
        int alias = line.indexOf(" = ");
        if (line.startsWith("title ")) {
            titles.add(new LineRule("", line.substring("title ".length())));
        } else if (alias > 0 && !line.contains(": ")) {
            aliases.put(line.substring(0, alias), line.substring(alias + 3));
        } else {
            int colon = line.indexOf(": ");
            add(line.substring(0, colon), line.substring(colon + 2));
        }
    }

    private void add(String label, String text) {
        // Repeated registers have an index, of which no real function has more than these.
        for (int i = 0; i < (label.contains("#") ? 32 : 1); i++) {
            String one = label.replace("#", Integer.toString(i));
            lines.computeIfAbsent(one, l -> new ArrayList<>()).add(new LineRule(aliases.getOrDefault(one, one), text));
        }
    }

    /** Whether lines below the title are compared. */
    boolean comparesLines() {
        return !lines.isEmpty();
    }

    /** @return null where no form fits */
    List<Told> title(String title) {
        return first(titles, title);
    }

    private static List<Told> first(List<LineRule> rules, String line) {
        return rules.stream().map(rule -> rule.match(line)).filter(told -> told != null).findFirst().orElse(null);
    }

    /** Reads lines one after the other: one without a label goes on with the register before. */
    final class Reader {
        private String group = "";
        private String label = "";

        /** @return null where no form fits */
        List<Told> line(String line) {
            String text = line.strip().replaceAll("\\s+", " ");
            if (line.startsWith("\t\t") && !line.startsWith("\t\t\t")) {
                group = text.matches("VC\\d+: .*") ? text.substring(0, text.indexOf(':')) + " " : "";
                text = group.isEmpty() ? text : text.substring(text.indexOf(' ') + 1);
            }
            String found = "";
            for (String candidate : lines.keySet()) {
                if (candidate.startsWith(group) && candidate.length() > found.length()
                        && text.startsWith(candidate.substring(group.length()) + ":")) {
                    found = candidate;
                }
            }
            if (!found.isEmpty()) {
                label = found;
                text = text.substring(found.length() - group.length() + 1).strip();
            }
            return first(lines.getOrDefault(label, List.of()), text);
        }
    }

    Reader reader() {
        return new Reader();
    }
}
