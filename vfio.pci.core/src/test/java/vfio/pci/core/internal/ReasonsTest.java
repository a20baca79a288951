// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import vfio.core.Errno;
import vfio.pci.core.admin.PciAdmin.CandidateRow;
import vfio.pci.core.bus.PciFunction.ConfigSpace;
import vfio.pci.core.bus.PciFunction.Host;
import vfio.pci.core.bus.PciFunction.KernelDriver;
import vfio.pci.core.fake.FakeDriver;
import vfio.pci.core.fake.FakeFunction;
import vfio.pci.core.id.PciAddress;

/** What keeps a function from a driver has a code of its own, and is said once. */
class ReasonsTest {
    private static final String NAME = "0000:01:00.0";

    private final TestCore core = new TestCore();
    private FakeFunction function;

    @BeforeEach
    void plug() {
        function = core.plug(NAME, 1, 2);
        core.arrives(FakeDriver.flagged("gen", "*:*"));
    }

    @AfterEach
    void end() {
        core.close();
    }

    /** The same row by both ways, and why nothing of its text is said twice. */
    private CandidateRow row() {
        CandidateRow row = core.admin.candidates(NAME).get(0);
        assertEquals(row, core.admin.why(NAME, "gen"));
        List<String> clauses = List.of(Pattern.compile("; ").split(row.text()));
        assertEquals(clauses.stream().distinct().toList(), clauses);
        assertFalse(row.text().contains("bind test/"), row.text());
        return row;
    }

    private void refused(String reason, Errno errno, String text) {
        CandidateRow row = row();
        assertEquals(reason, row.reason());
        assertFalse(row.eligible());
        assertTrue(row.text().startsWith(text), row.text());
        assertTrue(row.text().endsWith("its override-only entry *:* agrees"), "no advice that does not help: " + row.text());
        assertEquals(errno, TestCore.errno(() -> core.admin.bind(NAME, "gen", false)));
    }

    @Test
    void functionThatWaitsForItsOverrideAloneNeedsIt() {
        assertEquals("needs-override", row().reason());
        assertTrue(row().eligible());
    }

    @Test
    void bridge() {
        function.headerType = 1;
        refused("bridge", Errno.EINVAL, "it is a bridge (header type 1)");
    }

    @Test
    void pfWithVfs() {
        function.virtualFunctions = List.of(PciAddress.parse("0000:01:00.1"));
        refused("active-vfs", Errno.EBUSY, "it is a PF with 1 active VFs; take them away with 'vfs 0000:01:00.0 0' first");
    }

    @Test
    void busThatIsOnlyListed() {
        core.bus.bindable = false;
        refused("only-listed", Errno.EOPNOTSUPP, "the functions of bus test are listed");
    }

    @Test
    void functionThatAnswersAllOnesIsNoBridge() {
        function.config = new AllOnes();
        refused("no-answer", Errno.EIO, "it does not answer: its config space reads all ones");
        String warning = core.admin.function(NAME).row().warnings().get(0);
        assertTrue(warning.startsWith("it does not answer: its config space reads all ones"), warning);
        assertEquals(List.of(), core.admin.functions().get(0).warnings(), "a list wakes nobody");
        function.headerType = 0x7f;
        refused("no-answer", Errno.EIO, "it does not answer: its config space reads all ones");
    }

    @Test
    void functionThatItsHostKeeps() {
        List<KernelDriver> vfio = List.of(new KernelDriver("vfio_pci", "vfio-pci", null));
        function.host = new Host("nvme", null, vfio);
        refused("host-driver", Errno.EBUSY, "driver nvme of its host has it");
        function.host = new Host(null, null, vfio);
        refused("no-host-driver", Errno.ENODEV, "no driver of its host has it");
    }

    @Test
    void driverThatThePolicyDoesNotName() {
        core.admin.policy(NAME, "pinned other");
        assertEquals("policy-pins-another", row().reason());
        assertTrue(row().text().endsWith("but its policy is pinned other"));
        assertFalse(row().eligible());
    }

    @Test
    void overrideOfTheHostIsSaidToBeIts() {
        function.host = new Host("vfio-pci", "vfio-pci", List.of(new KernelDriver("vfio_pci", "vfio-pci", null)));
        assertEquals("- vfio-pci host manual", core.state(NAME));
        core.admin.override(NAME, "gen");
        assertEquals("- gen operator manual", core.state(NAME));
    }

    private static final class AllOnes implements ConfigSpace {
        @Override
        public int size() {
            return 256;
        }

        @Override
        public int read(int offset, int width) {
            return width == 4 ? -1 : (1 << 8 * width) - 1;
        }

        @Override
        public void write(int offset, int width, int value) {
        }
    }
}
