// SPDX-License-Identifier: Apache-2.0
package conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConformanceTest {
    private static final String[] GREEN = {"Sample plain", "Sample parameterised(int)[1]", "Sample parameterised(int)[2]",
        "Sample$Inner nested"};
    @TempDir
    Path folder;
    private SampleReactor reactor;

    @BeforeEach
    void make() throws Exception {
        reactor = new SampleReactor(folder, "Sample", "Sample$Inner");
    }

    private SampleReactor whole() throws Exception {
        return reactor.rules("X1", "X1-1", "X1-2", "X1-3").rules("X1.2", "X1.2-1").report("surefire-reports", GREEN);
    }

    private static void only(String problem, List<String> problems) {
        assertEquals(1, problems.size(), problems::toString);
        assertTrue(problems.get(0).contains(problem), problems.get(0));
    }

    @Test
    void rulesThatGreenTestsProveAreFine() throws Exception {
        assertEquals(List.of(), whole().update().problems());
    }

    @Test
    void reportsOfFailsafeCountToo() throws Exception {
        reactor.rules("X1", "X1-1", "X1-2", "X1-3").rules("X1.2", "X1.2-1").report("failsafe-reports", GREEN);
        assertEquals(List.of(), reactor.update().problems());
    }

    @Test
    void ruleWithoutATestFails() throws Exception {
        only("rule X3-7: no test", whole().rules("X3", "X3-7").update().problems());
    }

    @Test
    void openRuleWithoutATestIsCountedAndListed() throws Exception {
        assertEquals(List.of(), whole().rules("X3", "X3-7 open").update().problems());
        assertTrue(reactor.read("docs/conformance.md").contains("* X3-7\n"));
        assertEquals("5 rules: 4 tested, 1 open, 0 unreachable", Conformance.of(folder).summary());
    }

    @Test
    void openRuleWithATestFailsUntilUpdated() throws Exception {
        reactor.rules("X1", "X1-1 open", "X1-2", "X1-3").rules("X1.2", "X1.2-1").rules("X3", "X3-1 open");
        reactor.report("surefire-reports", GREEN);
        assertTrue(reactor.problems().get(0).contains("rule X1-1: it has a test and is still open; run conformance/update"));
        assertEquals(List.of(), reactor.update().problems());
        String yaml = reactor.read("docs/conformance.yaml");
        assertEquals(yaml.indexOf("open: true"), yaml.lastIndexOf("open: true"));
        assertTrue(yaml.endsWith("open: true\n"));
    }

    @Test
    void tagWithoutARuleFails() throws Exception {
        reactor.rules("X1", "X1-1", "X1-3").rules("X1.2", "X1.2-1").report("surefire-reports", GREEN);
        only("tag X1-2 of Sample#plain: there is no such rule", reactor.update().problems());
    }

    @Test
    void taggedTestThatDidNotRunFails() throws Exception {
        whole().report("surefire-reports", GREEN[0], GREEN[3], "Sample parameterisedOtherwise", "Other parameterised");
        only("test Sample#parameterised: it is tagged but has not run", reactor.update().problems());
    }

    @Test
    void classWithATagNeedsARunToo() throws Exception {
        whole().report("surefire-reports", GREEN[0], GREEN[1], GREEN[2]);
        only("test Sample.Inner: it is tagged but has not run", reactor.update().problems());
    }

    @ParameterizedTest
    @ValueSource(strings = {"failure", "error", "skipped"})
    void taggedTestThatDidNotPassInOneOfItsRunsFails(String outcome) throws Exception {
        whole().report("surefire-reports", GREEN[0], GREEN[1], GREEN[2] + " " + outcome, GREEN[3]);
        only("test Sample#parameterised: it is tagged but failed or was skipped", reactor.update().problems());
    }

    @Test
    void reportOlderThanItsClassIsNoProof() throws Exception {
        whole().recompile("Sample$Inner");
        only("test Sample.Inner: it is tagged but has not run", reactor.update().problems());
    }

    @Test
    void idUsedTwiceFails() throws Exception {
        only("rule X1-1: the id is used twice", whole().rules("X1", "X1-1").update().problems());
    }

    @Test
    void unreachableRuleIsListedAndNeedsNoTest() throws Exception {
        assertEquals(List.of(), whole().rules("X3", "X3-7 unreachable").update().problems());
        assertTrue(reactor.read("docs/conformance.md").contains("| X3-7 | a \\| b &lt;c> | EINVAL | no way there |\n"));
    }

    @Test
    void unreachableRuleWithATestFails() throws Exception {
        reactor.rules("X1", "X1-1 unreachable", "X1-2", "X1-3").rules("X1.2", "X1.2-1").report("surefire-reports", GREEN);
        only("rule X1-1: it is called unreachable", reactor.update().problems());
    }

    @Test
    void pageThatDiffersFailsAndNamesTheCommand() throws Exception {
        whole();
        only("docs/conformance.md: it is not what the rules and tags make; run conformance/update", reactor.problems());
        reactor.update().write("docs/conformance.md", reactor.read("docs/conformance.md") + "\n");
        only("run conformance/update", reactor.problems());
    }

    @Test
    void pageShowsTestsByClassAndMethod() throws Exception {
        String page = whole().update().read("docs/conformance.md");
        assertTrue(page.contains("| X1-3 | a \\| b &lt;c> | EINVAL | `Sample#parameterised` |\n"), page);
        assertTrue(page.contains("| X1.2-1 | a \\| b &lt;c> | EINVAL | `Sample.Inner` |\n"), page);
        assertFalse(page.contains("slow"));
        assertEquals(page, reactor.update().read("docs/conformance.md"));
    }

    @Test
    void inheritedTestRunsInThoseThatInheritIt(@TempDir Path other) throws Exception {
        SampleReactor contract = new SampleReactor(other, "SampleContract", "SampleContract$Keeper").rules("X2", "X2-1");
        only("test SampleContract#kept: it is tagged but has not run", contract.update().problems());
        assertEquals(List.of(), contract.report("surefire-reports", "SampleContract$Keeper kept").problems());
    }

    @ParameterizedTest
    @ValueSource(strings = {"a: b", "- section: X1", "- section: X1\n  title: t\n  rows:\n    - id: Y1-1",
        "- section: X1\n  title: t\n  rows:\n    - {id: X1-1, when: w, then: 3, source: s}",
        "- section: X1\n  title: t\n  rows:\n    - {id: X1-1, when: w, then: t, source: s, opne: true}",
        "- section: X1\n  title: t\n  rows:\n    - {id: X1-1, when: w, then: t, source: s, open: false}",
        "- section: X1\n  title: t\n  rows:\n    - {id: X1-01, when: w, then: t, source: s}", "- {"})
    void fileThatIsNoListOfRulesIsRefused(String yaml) throws Exception {
        reactor.write("docs/conformance.yaml", yaml);
        assertThrows(IllegalArgumentException.class, reactor::problems);
    }
}
