// SPDX-License-Identifier: Apache-2.0
package conformance;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeSet;

/** The rules, the tests that claim them and the page of both; read once from a reactor whose tests are compiled. */
final class Conformance {
    private final Path reactor;
    private final List<Path> modules;
    private final List<Section> sections;
    private final SortedMap<String, SortedSet<TaggedTest>> tests;

    private Conformance(Path reactor) throws IOException {
        this.reactor = reactor;
        modules = Modules.of(reactor);
        sections = RuleFile.read(rules(reactor));
        tests = TaggedTests.scan(modules.stream().map(module -> module.resolve("target/test-classes")).toList());
    }

    static Conformance of(Path reactor) throws IOException {
        return new Conformance(reactor);
    }

    private static Path rules(Path reactor) {
        return reactor.resolve("docs/conformance.yaml");
    }

    private static Path page(Path reactor) {
        return reactor.resolve("docs/conformance.md");
    }

    /** Everything that is wrong, one sentence each; empty where all is well. */
    List<String> problems() throws IOException {
        List<String> problems = new ArrayList<>();
        Set<String> ids = new HashSet<>();
        for (Section section : sections) {
            for (Rule rule : section.rules()) {
                if (!ids.add(rule.id())) {
                    problems.add("rule " + rule.id() + ": the id is used twice");
                }
                judge(rule, problems);
            }
        }
        TestReports reports = TestReports.read(modules);
        tests.forEach((id, tagged) -> {
            if (!ids.contains(id)) {
                problems.add("tag " + id + " of " + names(tagged) + ": there is no such rule");
            }
        });
        judgeRuns(reports, problems);
        judgePage(problems);
        return problems;
    }

    private void judge(Rule rule, List<String> problems) {
        boolean tested = tests.containsKey(rule.id());
        if (!rule.reachable()) {
            if (rule.open()) {
                problems.add("rule " + rule.id() + ": it is both open and unreachable");
            }
            if (tested) {
                problems.add("rule " + rule.id() + ": it is called unreachable, yet " + names(tests.get(rule.id()))
                        + " has its tag");
            }
        } else if (tested && rule.open()) {
            problems.add("rule " + rule.id() + ": it has a test and is still open; run conformance/update");
        } else if (!tested && !rule.open()) {
            problems.add("rule " + rule.id() + ": no test has its tag (" + rule.when() + ")");
        }
    }

    private void judgeRuns(TestReports reports, List<String> problems) {
        Set<TaggedTest> all = new TreeSet<>();
        tests.values().forEach(all::addAll);
        for (TaggedTest test : all) {
            switch (reports.of(test)) {
                case NOT_RUN -> problems.add("test " + test.shortName() + ": it is tagged but has not run; run mvn verify");
                case NOT_PASSED -> problems.add("test " + test.shortName() + ": it is tagged but failed or was skipped");
                default -> { }
            }
        }
    }

    private void judgePage(List<String> problems) throws IOException {
        Path page = page(reactor);
        if (!Files.exists(page) || !Files.readString(page).equals(Page.of(sections, tests))) {
            problems.add("docs/conformance.md: it is not what the rules and tags make; run conformance/update");
        }
    }

    private static String names(SortedSet<TaggedTest> tagged) {
        return String.join(", ", tagged.stream().map(TaggedTest::shortName).toList());
    }

    /** Takes {@code open} from the rules that have a test and writes the page. */
    void update() throws IOException {
        Path rules = rules(reactor);
        String text = Files.readString(rules);
        String closed = RuleFile.close(text, tests.keySet());
        if (!closed.equals(text)) {
            Files.writeString(rules, closed);
        }
        Files.writeString(page(reactor), Page.of(RuleFile.read(rules), tests));
    }

    /** One line of figures. */
    String summary() {
        return Count.of(sections.stream().flatMap(section -> section.rules().stream()).toList(), tests.keySet()).toString();
    }
}
