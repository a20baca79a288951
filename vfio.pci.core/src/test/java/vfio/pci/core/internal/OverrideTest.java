// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import vfio.core.Errno;
import vfio.pci.core.fake.FakeDriver;
import vfio.pci.core.fake.FakeFunction;

/** What the override command stores and means. */
class OverrideTest {
    private static final String NAME = "0000:01:00.0";

    private final TestCore core = new TestCore();

    @AfterEach
    void end() {
        core.close();
    }

    private void plug() {
        core.plug(NAME, 0x15b3, 0x101e);
    }

    @Test
    void overrideIsCutAsTheKernelCutsIt() {
        plug();
        core.arrives(FakeDriver.ordinary("by-itself", "*:*"));
        String[][] textAndStored = {{"generic", "generic"}, {"", null}, {"\n", null}, {"\0", null}, {"\0x", null},
            {"\nx", null}, {"generic\n", "generic"}, {"generic\nmore", "generic"},
            {"generic\0more\n", "generic"}, {" ", " "}};
        for (String[] row : textAndStored) {
            core.admin.override(NAME, "before");
            core.admin.override(NAME, row[0]);
            assertEquals(row[1], core.row(NAME).override());
            assertEquals(row[1] == null ? null : "operator", core.row(NAME).overrideOwner());
            assertEquals(null, core.row(NAME).driver(), "it neither binds nor unbinds");
        }
    }

    @Test
    void overrideHasAtMost4094Bytes() {
        plug();
        core.admin.override(NAME, "x".repeat(4094));
        assertEquals(Errno.EINVAL, TestCore.errno(() -> core.admin.override(NAME, "x".repeat(4095))));
        assertEquals(Errno.EINVAL, TestCore.errno(() -> core.admin.override(NAME, "é".repeat(2048))));
        assertEquals(Errno.EINVAL, TestCore.errno(() -> core.admin.override(NAME, "x\n" + "y".repeat(4093))));
        assertEquals(4094, core.row(NAME).override().length());
    }

    @Test
    void overrideOfAModulesNameIsStoredAndSaid() {
        plug();
        core.arrives(FakeDriver.flagged("vfio-pci", "*:*").with("module", "vfio_pci"));
        assertTrue(core.admin.override(NAME, "vfio_pci").steps().get(1).contains("vfio-pci"));
        core.rematch(NAME);
        assertEquals("- vfio_pci operator manual", core.state(NAME));
        assertEquals("vfio-pci", core.admin.function(NAME).overrideMeant());
        assertEquals("override-names-another", core.admin.why(NAME, "vfio_pci").reason());
        assertEquals(Errno.ENODEV, TestCore.errno(() -> core.admin.bind(NAME, "vfio-pci", false)),
                "the command's override stays the operator's until cleared");
        assertEquals(Errno.ENOENT, TestCore.errno(() -> core.admin.why(NAME, "unknown")));
        core.admin.override(NAME, "");
        core.admin.bind(NAME, "vfio-pci", false);
    }

    @Test
    void unknownOverrideOptsOutOfEveryDriver() {
        plug();
        core.arrives(FakeDriver.ordinary("gen", "*:*"));
        core.admin.override(NAME, "none");
        core.rematch(NAME);
        assertEquals("- none operator manual", core.state(NAME));
    }

    @Test
    void vfWithoutAutoprobeIsProbedOnlyUnderAnOverride() {
        FakeFunction pf = core.plug("0000:01:00.1", 1, 1);
        FakeFunction vf = new FakeFunction(NAME, 2, 2);
        vf.physicalFunction = pf.address();
        pf.autoprobe = false;
        core.bus.plug(vf);
        core.arrives(FakeDriver.ordinary("gen", "2:2"));
        core.rematch(NAME);
        assertEquals("- - - manual", core.state(NAME));
        core.admin.override(NAME, "gen");
        core.rematch(NAME);
        assertEquals("gen gen operator manual", core.state(NAME));
        core.admin.unbind(NAME);
        core.admin.override(NAME, "");
        pf.autoprobe = true;
        core.admin.probeAll();
        assertEquals("gen - - manual", core.state(NAME));
    }
}
