// SPDX-License-Identifier: Apache-2.0
package vfio.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import vfio.core.EventLog;
import vfio.shell.commands.Commands;
import vfio.shell.commands.FakeDeploy;
import vfio.shell.commands.FakePci;

/** The first line about a command line that cannot be read. */
class ComplaintTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "lst                  | 'lst' is no command; did you mean list?",
        "frobnicate --help    | 'frobnicate' is no command",
        "doctr --help         | 'doctr' is no command; did you mean doctor?",
        "list extra           | 'extra' is one word too many: list takes none",
        "bind a b             | 'b' is one word too many: bind takes NAME",
        "why a b c            | 'c' is one word too many: why takes NAME DRIVER",
        "list --wrong         | '--wrong' is no option of list",
        "list --wrong=x       | '--wrong' is no option of list",
        "events --folow       | '--folow' is no option of events; did you mean --follow?",
        "--wrong              | '--wrong' is no option of vfio",
        "--follow events      | --follow goes behind the command: vfio COMMAND --follow",
        "--bus=emulated list  | --bus goes behind the command: vfio COMMAND --bus",
        "-w 64 read x bar0 0  | -w goes behind the command: vfio COMMAND -w",
        "events --since x     | 'x' is no whole number: --since takes N",
        "events --since       | --since needs N",
        "list --bus           | --bus needs BUS",
        "events --since --follow | --since needs N",
        "list --json=x        | --json takes no value",
        "list --bus a --bus b | --bus is given twice",
        "why                  | why needs NAME and DRIVER",
        "read x               | read needs REGION and OFFSET",
        "why x                | why needs DRIVER",
        "bind                 | bind needs one of NAME, --all",
        "bind x --all         | bind takes one alone of NAME, --all",
        "config x --raw --diff | config takes one alone of --raw, --user, --diff",
        "read x bar0 0 -w foo | 'foo' is no whole number: --width takes BITS",
        "vfs x foo            | 'foo' is no whole number: it is COUNT",
        "new-id d             | new-id needs TEXT"})
    void isASentence(String line, String sentence) {
        TestSession session = new TestSession();
        VfioShell shell = new VfioShell(Commands.over(new FakePci(), new FakeDeploy(), null, new EventLog(), () -> { }));
        assertEquals(2, shell.run(List.of(line.split(" ")), session));
        assertEquals("vfio: " + sentence, session.errText.toString().lines().findFirst().orElse(""));
        assertEquals("", session.outText.toString());
    }
}
