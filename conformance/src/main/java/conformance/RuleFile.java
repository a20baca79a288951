// SPDX-License-Identifier: Apache-2.0
package conformance;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/** The file of rules: read into sections, edited as text so that it keeps its comments and order. */
final class RuleFile {
    private static final Set<String> KEYS = Set.of("id", "when", "then", "source", "unreachable", "open");
    private static final Pattern ID_LINE = Pattern.compile(" *- id: (\\S+)");

    private RuleFile() {
    }

    /** @throws IllegalArgumentException where the file is no list of sections with rules; names the place */
    static List<Section> read(Path file) throws IOException {
        String name = file.getFileName().toString();
        try {
            Object root = new Load(LoadSettings.builder().setLabel(name).build()).loadFromString(Files.readString(file));
            return list(root, name).stream().map(RuleFile::section).toList();
        } catch (YamlEngineException e) {
            throw new IllegalArgumentException("read " + name + ": no YAML: " + e.getMessage(), e);
        }
    }

    private static Section section(Object node) {
        Map<?, ?> fields = map(node, "a section");
        String name = text(fields, "section", "a section");
        List<Rule> rules = list(fields.get("rows"), "rows of section " + name).stream().map(row -> rule(name, row)).toList();
        return new Section(name, text(fields, "title", "section " + name), rules);
    }

    private static Rule rule(String section, Object node) {
        Map<?, ?> fields = map(node, "a row of section " + section);
        String id = text(fields, "id", "a row of section " + section);
        if (!id.matches(Pattern.quote(section) + "-[1-9][0-9]*")) {
            throw new IllegalArgumentException("row " + id + ": the id is not section " + section + ", '-' and a number");
        }
        for (Object key : fields.keySet()) {
            if (!KEYS.contains(key)) {
                throw new IllegalArgumentException("row " + id + ": unknown key " + key);
            }
        }
        String unreachable = fields.containsKey("unreachable") ? text(fields, "unreachable", "row " + id) : "";
        return new Rule(id, text(fields, "when", "row " + id), text(fields, "then", "row " + id),
                text(fields, "source", "row " + id), unreachable, open(id, fields));
    }

    private static boolean open(String id, Map<?, ?> fields) {
        Object open = fields.get("open");
        if (open != null && !Boolean.TRUE.equals(open)) {
            throw new IllegalArgumentException("row " + id + ": open is true or is left out");
        }
        return open != null;
    }

    private static Map<?, ?> map(Object node, String what) {
        if (node instanceof Map<?, ?> map) {
            return map;
        }
        throw new IllegalArgumentException(what + ": no mapping of keys");
    }

    private static List<?> list(Object node, String what) {
        if (node instanceof List<?> list) {
            return list;
        }
        throw new IllegalArgumentException(what + ": no list");
    }

    private static String text(Map<?, ?> fields, String key, String what) {
        if (fields.get(key) instanceof String text && !text.isBlank()) {
            return text;
        }
        throw new IllegalArgumentException(what + ": " + key + " is no text; put what looks like a number in quotes");
    }

    /** The text of a file of rules without the mark {@code open} on the rules of these ids. */
    static String close(String text, Set<String> ids) {
        List<String> kept = new ArrayList<>();
        boolean closing = false;
        for (String line : text.split("\n", -1)) {
            Matcher id = ID_LINE.matcher(line);
            if (id.matches()) {
                closing = ids.contains(id.group(1));
            }
            if (!closing || !line.strip().equals("open: true")) {
                kept.add(line);
            }
        }
        return String.join("\n", kept);
    }
}
