// SPDX-License-Identifier: Apache-2.0
package conformance;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** The page for people, in Markdown: the same text for the same rules and tags. */
final class Page {
    private final StringBuilder text = new StringBuilder();
    private final Map<String, SortedSet<TaggedTest>> tests;

    private Page(Map<String, SortedSet<TaggedTest>> tests) {
        this.tests = tests;
    }

    static String of(List<Section> sections, Map<String, SortedSet<TaggedTest>> tests) {
        Page page = new Page(tests);
        page.summary(sections);
        sections.forEach(page::section);
        List<Rule> all = rules(sections);
        page.unreachable(all.stream().filter(rule -> !rule.reachable()).toList());
        page.open(sections);
        return page.text.toString();
    }

    private void summary(List<Section> sections) {
        line("<!-- SPDX-License-Identifier: Apache-2.0 -->");
        line("# Conformance");
        line("");
        line("Made by `conformance/update` from `docs/conformance.yaml` and the tags of the tests;");
        line("the build fails where it differs.");
        line("The rules are those of Linux 6.12, restated one testable fact each.");
        line("");
        row("section", "rules", "tested", "open", "unreachable");
        row("---", "---:", "---:", "---:", "---:");
        sections.forEach(section -> count(section.name() + " " + section.title(), section.rules()));
        count("all", rules(sections));
    }

    private void count(String name, List<Rule> rules) {
        Count count = Count.of(rules, tests.keySet());
        row(cell(name), "" + count.rules(), "" + count.tested(), "" + count.open(), "" + count.unreachable());
    }

    private void section(Section section) {
        line("");
        line("## " + section.name() + " " + section.title());
        line("");
        Set<String> sources = section.rules().stream().map(Rule::source).collect(Collectors.toCollection(TreeSet::new));
        line("Sources: " + String.join(", ", sources) + ".");
        line("");
        row("id", "when", "then", "tests");
        row("---", "---", "---", "---");
        for (Rule rule : section.rules()) {
            if (rule.reachable()) {
                row(rule.id(), cell(rule.when()), cell(rule.then()), proof(rule));
            }
        }
    }

    private String proof(Rule rule) {
        List<String> names = new ArrayList<>();
        if (tests.containsKey(rule.id())) {
            tests.get(rule.id()).forEach(test -> names.add("`" + test.shortName() + "`"));
        }
        return names.isEmpty() ? "none yet" : String.join("<br>", names);
    }

    private void unreachable(List<Rule> rules) {
        line("");
        line("## Rules that no user can reach");
        line("");
        row("id", "when", "the kernel", "why");
        row("---", "---", "---", "---");
        rules.forEach(rule -> row(rule.id(), cell(rule.when()), cell(rule.then()), cell(rule.unreachable())));
    }

    private void open(List<Section> sections) {
        line("");
        line("## Rules without a test yet");
        line("");
        boolean none = true;
        for (Section section : sections) {
            List<String> ids = section.rules().stream().filter(Rule::open).map(Rule::id).toList();
            if (!ids.isEmpty()) {
                none = false;
                line("* " + String.join(", ", ids));
            }
        }
        if (none) {
            line("None.");
        }
    }

    private static List<Rule> rules(List<Section> sections) {
        return sections.stream().flatMap(section -> section.rules().stream()).toList();
    }

    private static String cell(String text) {
        return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ");
    }

    private void row(String... cells) {
        line("| " + String.join(" | ", cells) + " |");
    }

    private void line(String line) {
        text.append(line).append('\n');
    }
}
