// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.AbstractList;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.pci.core.admin.PciAdmin.DriverRow;
import vfio.pci.core.fake.FakeDriver;
import vfio.pci.core.internal.slot.DriverSettings;

/** Drivers by their properties: names, claims, settings, dynamic ids, aliases. */
class DriversTest {
    private static final String NAME = "0000:01:00.0";

    private final TestCore core = new TestCore();

    @AfterEach
    void end() {
        core.close();
    }

    private List<String> rows() {
        return core.admin.drivers().stream().map(r -> r.driver() + " " + r.bundle() + " " + r.state()).sorted().toList();
    }

    @ParameterizedTest
    @ValueSource(strings = {"a b", "a/b", "a,b", "tab\t", "é", "line\n", "\u0000"})
    void unusableNamesAreRefusedWithAReason(String name) {
        FakeDriver bad = core.arrives(new FakeDriver(name).from("bad", 3, "1.0.0"));
        DriverRow row = core.admin.drivers().get(0);
        assertEquals("refused", row.state());
        assertTrue(row.reason().contains("printable ASCII"), row.reason());
        assertTrue(row.reason().chars().noneMatch(Character::isISOControl));
        core.leaves(bad);
        assertEquals(List.of(), core.admin.drivers());
        assertEquals(List.of(), core.events("driver-left"));
    }

    @Test
    void missingNameLongNameAndBadEntryAreRefused() {
        core.arrives(new FakeDriver("").from("nameless", 1, "1.0.0"));
        core.arrives(new FakeDriver("n".repeat(65)).from("long", 2, "1.0.0"));
        core.arrives(FakeDriver.ordinary("entry", "15b3:xyz").from("entry", 3, "1.0.0"));
        core.arrives(FakeDriver.ordinary("good", "15b3:1").with("module", "").with("ids", "15b3:1"));
        assertEquals(3, core.admin.drivers().stream().filter(r -> r.state().equals("refused")).count());
        assertEquals(1, core.admin.status().drivers());
        assertEquals(List.of("alias pci:v000015B3d00000001sv*sd*bc*sc*i* good"), core.admin.aliases());
    }

    @Test
    void oneBundleServesANameWhateverCameFirst() {
        List<FakeDriver> claims = List.of(FakeDriver.flagged("acme", "1:2").from("b.acme", 1, "9.0.0"),
                FakeDriver.flagged("acme", "1:2").from("a.acme", 2, "1.0.0"),
                FakeDriver.flagged("acme", "1:2").from("a.acme", 3, "1.2.0"));
        List<String> expected = List.of("acme a.acme 1.0.0 shadowed", "acme a.acme 1.2.0 ready",
                "acme b.acme 9.0.0 shadowed");
        for (int[] order : new int[][] {{0, 1, 2}, {2, 1, 0}, {1, 2, 0}}) {
            for (int i : order) {
                core.arrives(claims.get(i));
            }
            assertEquals(expected, rows());
            claims.forEach(core::leaves);
        }
        core.arrives(claims.get(2));
        core.arrives(claims.get(0).with("service.ranking", 1));
        assertEquals(List.of("acme a.acme 1.2.0 shadowed", "acme b.acme 9.0.0 ready"), rows());
    }

    @Test
    void shadowedBundleTakesOverWhenTheOtherLeaves() {
        core.plug(NAME, 1, 2);
        FakeDriver serving = core.arrives(FakeDriver.flagged("acme", "1:2").from("a", 1, "1.0.0"));
        core.arrives(FakeDriver.flagged("acme", "1:2").from("b", 2, "1.0.0"));
        core.admin.policy(NAME, "auto");
        core.rematch(NAME);
        core.leaves(serving);
        core.rematch(NAME);
        assertEquals("acme acme policy auto", core.state(NAME));
        assertEquals(List.of("acme b 1.0.0 ready"), rows());
        assertEquals(1, core.admin.drivers().get(0).bound());
        core.arrives(serving);
        core.rematch(NAME);
        assertEquals(List.of(0, 1), core.admin.drivers().stream().map(DriverRow::bound).sorted().toList());
        assertEquals("a 1.0.0", core.admin.candidates(NAME).get(0).bundle());
        assertEquals(2, serving.probed.size());
    }

    @Test
    void driverWhosePropertiesCannotBeReadIsRefusedWithTheReason() {
        Object hostile = new Object() {
            @Override
            public String toString() {
                throw new AssertionError("nobody asks it");
            }
        };
        List<Object> brokenList = new AbstractList<>() {
            @Override
            public Object get(int index) {
                throw new StackOverflowError();
            }

            @Override
            public int size() {
                return 1;
            }
        };
        core.arrives(FakeDriver.flagged("a", new String[] {null}));
        core.arrives(FakeDriver.flagged("b").with("ids", hostile));
        core.arrives(FakeDriver.flagged("c").with("module", hostile));
        core.arrives(FakeDriver.flagged("d").with("ids", brokenList));
        core.arrives(FakeDriver.flagged("").with("driver", hostile));
        core.arrives(FakeDriver.flagged("good", "*:*"));
        assertEquals(List.of("", "a", "b", "c", "d", "good"), core.admin.drivers().stream().map(DriverRow::driver).toList());
        Map<String, String> reasons = new HashMap<>();
        core.admin.drivers().stream().filter(row -> row.state().equals("refused"))
                .forEach(row -> reasons.put(row.driver(), row.reason()));
        String kind = hostile.getClass().getName();
        assertEquals(Map.of("a", "property vfio.pci.overrideOnly has null where a text is expected",
                "b", "property vfio.pci.ids has a " + kind + " where a text is expected",
                "c", "property vfio.pci.module has a " + kind + " where a text is expected",
                "d", "reading its properties threw java.lang.StackOverflowError",
                "", "property vfio.pci.driver has a " + kind + " where a text is expected"), reasons);
        assertEquals(5, core.events("driver-refused").size());
    }

    @Test
    void settingsGiveIdsThatGoWithThemAndLeaveTheOperators() {
        DriverSettings settings = BindTest.settings("gen", "8086:1,8086:2", 0);
        core.core.addSettings(settings);
        core.arrives(FakeDriver.flagged("gen", "*:*"));
        core.plug(NAME, 0x8086, 2);
        assertEquals("dynamic-id", core.admin.candidates(NAME).get(0).reason());
        core.admin.newId("gen", "8086 3");
        assertEquals(3, core.admin.drivers().get(0).dynamicIds());
        core.core.removeSettings(settings);
        assertEquals(1, core.admin.drivers().get(0).dynamicIds());
        assertEquals("needs-override", core.admin.candidates(NAME).get(0).reason());
        core.core.addSettings(BindTest.settings("gen", "", 0));
        assertEquals(1, core.admin.drivers().get(0).dynamicIds());
    }

    @Test
    void probeSeesTheDriversOwnSettingsAsTheyAreThen() {
        core.plug(NAME, 1, 2);
        List<String> seen = new ArrayList<>();
        FakeDriver driver = FakeDriver.flagged("gen", "*:*");
        driver.onProbe = device -> {
            seen.add(List.of("flag", "text", "number", "list").stream()
                    .map(name -> device.setting(name).orElse("-")).collect(Collectors.joining(" ")));
            throw new VfioException(Errno.EINVAL, "probe " + device + ": not without the flag");
        };
        core.arrives(driver);
        assertEquals(Errno.EINVAL, TestCore.errno(() -> core.admin.bind(NAME, "gen", false)));
        DriverSettings settings = BindTest.settings("gen", "", 0,
                Map.of("flag", true, "text", "a b", "number", 7, "list", new String[] {"x"}));
        core.core.addSettings(BindTest.settings("other", "", 0, Map.of("flag", true)));
        core.core.addSettings(settings);
        assertEquals(Errno.EINVAL, TestCore.errno(() -> core.admin.bind(NAME, "gen", false)));
        core.core.removeSettings(settings);
        assertEquals(Errno.EINVAL, TestCore.errno(() -> core.admin.bind(NAME, "gen", false)));
        assertEquals(List.of("- - - -", "true a b 7 -", "- - - -"), seen);
    }

    @Test
    void candidatesSayWhyADriverThatDeclinedDid() {
        core.plug(NAME, 1, 2);
        FakeDriver driver = FakeDriver.flagged("gen", "*:*");
        driver.onProbe = device -> {
            throw new VfioException(Errno.EINVAL, "probe " + device.address() + ": it is on the deny list");
        };
        core.arrives(driver);
        assertFalse(core.admin.candidates(NAME).get(0).text().contains("deny list"));
        TestCore.errno(() -> core.admin.bind(NAME, "gen", false));
        String text = core.admin.candidates(NAME).get(0).text();
        assertTrue(text.endsWith("; it failed here: probe 0000:01:00.0: it is on the deny list (EINVAL, "
                + Errno.EINVAL.text() + ")"), text);
        assertTrue(core.admin.candidates(NAME).get(0).eligible());
        driver.onProbe = device -> driver.new Operations(device);
        core.admin.bind(NAME, "gen", false);
        assertFalse(core.admin.candidates(NAME).get(0).text().contains("failed"));
    }

    @Test
    void newIdBindsAndRemoveIdDoesNotUnbind() {
        core.arrives(FakeDriver.flagged("gen", "*:*"));
        core.plug(NAME, 0x8086, 2);
        assertEquals(Errno.ENODEV, TestCore.errno(() -> core.admin.newId("nobody", "8086 2")));
        assertEquals(Errno.EINVAL, TestCore.errno(() -> core.admin.newId("gen", "8086")));
        core.admin.newId("gen", "8086 2");
        assertFalse(core.admin.newId("gen", "8086 2").changed());
        core.rematch(NAME);
        assertEquals("gen - - manual", core.state(NAME));
        assertEquals(List.of("8086 0002"), core.admin.drivers().get(0).dynamic());
        core.admin.removeId("gen", "8086 2");
        assertEquals(List.of(), core.admin.drivers().get(0).dynamic());
        assertFalse(core.admin.removeId("gen", "8086 2").changed());
        core.rematch(NAME);
        assertEquals("gen - - manual", core.state(NAME));
    }

    @Test
    void candidatesOfAKeyAreThoseOfItsPrefix() {
        core.arrives(FakeDriver.flagged("gen", "*:*"));
        core.arrives(FakeDriver.ordinary("net", "15b3:101e"));
        String key = "pci:v000015B3d0000101Esv000015B3sd00000004bc02sc00i00";
        assertEquals(List.of("net", "gen"), core.admin.candidatesFor(key).stream().map(c -> c.driver()).toList());
        assertEquals(List.of("gen"), core.admin.candidatesFor("vfio_" + key).stream().map(c -> c.driver()).toList());
        assertEquals(Errno.EINVAL, TestCore.errno(() -> core.admin.candidatesFor("usb:\u001b[2J")));
    }

    @Test
    void serviceUnregisteredBeforeItIsSeenIsIgnored() {
        FakeDriver gone = FakeDriver.flagged("gone", "*:*");
        gone.bundle = null;
        core.arrives(gone);
        core.leaves(gone);
        assertEquals(List.of(), core.admin.drivers());
    }
}
