// SPDX-License-Identifier: Apache-2.0
package vfio.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.util.List;
import org.junit.jupiter.api.Test;
import vfio.core.EventLog;
import vfio.pci.core.admin.PciAdmin.HostRow;
import vfio.shell.commands.Commands;
import vfio.shell.commands.FakeDeploy;
import vfio.shell.commands.FakeNames;
import vfio.shell.commands.FakePci;

/** What show says of a function's host: whose the function is there, whose it was, and what unbind does about that. */
class ShowHostTest {
    private static final String NAME = "0000:00:03.0";

    private final FakePci pci = new FakePci();
    private final TestSession session = new TestSession();

    private String show(String hostDriver, String hostOverride, HostRow host, String... line) {
        pci.addHostFunction(hostDriver, hostOverride, List.of("cannot read class"));
        pci.host = host;
        VfioShell shell = new VfioShell(Commands.over(pci, new FakeDeploy(), new FakeNames(), new EventLog(), () -> { }));
        assertEquals(0, shell.run(List.of(line), session), session.errText.toString());
        return session.outText.toString();
    }

    /** The lines from our override to the first of the hardware. */
    private String host(String hostDriver, HostRow host) {
        String text = show(hostDriver, host.override(), host, "show", NAME);
        return text.substring(text.indexOf("  host driver "), text.indexOf("  warnings "));
    }

    @Test
    void takenFunctionTellsWhoseItWasAndHowItGoesBack() {
        assertEquals("""
                \s host driver          vfio-pci of module vfio_pci
                  host override        vfio-pci
                  taken from           nvme; the host override was none
                                       'vfio unbind 0000:00:03.0' gives it back
                  host's VFIO drivers  vfio_pci (vfio-pci)
                """, host("vfio-pci", new HostRow("vfio_pci", "vfio-pci", true, "nvme", null)));
    }

    @Test
    void functionWithoutAFormerDriverGetsItsOverrideBackOnly() {
        String text = host("vfio-pci", new HostRow("vfio_pci", "vfio-pci", true, null, "pci-stub"));
        assertEquals("no driver; the host override was pci-stub", value(text, "taken from"));
    }

    @Test
    void functionThatTheHostGaveByItsIdsIsLeftThere() {
        String text = host("vfio-pci", new HostRow("vfio_pci", null, false, null, null));
        assertEquals("vfio-pci of module vfio_pci", value(text, "host driver"));
        assertEquals("by the host, by the function's ids: 'vfio unbind' leaves it there", value(text, "given to VFIO"));
        assertFalse(text.contains("taken from"), text);
    }

    @Test
    void functionOfWhichNoBindIsRememberedHasAWayToItsHost() {
        assertEquals("""
                \s host driver          vfio-pci of module vfio_pci
                  host override        vfio-pci
                  given to VFIO        by whom is not known: no bind is remembered, so 'vfio unbind' leaves it there
                                       'vfio unbind 0000:00:03.0 --to-host' gives it to the host's own driver
                  host's VFIO drivers  vfio_pci (vfio-pci)
                """, host("vfio-pci", new HostRow("vfio_pci", "vfio-pci", false, null, null)));
    }

    @Test
    void whoGaveItIsNotSaidWhereThatIsNotKnown() {
        String text = host("vfio-pci", new HostRow("vfio_pci", "vfio-pci", null, null, null));
        assertEquals("vfio-pci of module vfio_pci", value(text, "host driver"));
        assertFalse(text.contains("taken from") || text.contains("given to VFIO"), text);
    }

    @Test
    void driverThatIsNotVfiosIsNamedAlone() {
        assertEquals("nvme", value(host("nvme", new HostRow(null, null, false, null, null)), "host driver"));
    }

    @Test
    void takeThatWasKilledCanBeSeenAndGoesBackToo() {
        String none = host(null, new HostRow(null, null, true, "nvme", null));
        assertEquals("none", value(none, "host driver"));
        assertEquals("nvme; the host override was none", value(none, "taken from"));
    }

    private static String value(String text, String fact) {
        return text.lines().map(String::strip).filter(line -> line.startsWith(fact + " ")).findFirst().orElseThrow()
                .substring(fact.length()).strip();
    }

    @Test
    void hostsOverrideIsNotTakenForOurs() {
        String text = show("vfio-pci", "vfio-pci", new HostRow("vfio_pci", "vfio-pci", false, null, null), "show", NAME);
        assertEquals("none", value(text, "override"));
        assertEquals("vfio-pci", value(text, "host override"));
    }

    @Test
    void jsonHasTheSame() {
        HostRow taken = new HostRow("vfio_pci", "vfio-pci", true, "nvme", null);
        String text = show("vfio-pci", null, taken, "show", NAME, "--json");
        JsonObject host = JsonParser.parseString(text).getAsJsonObject().getAsJsonArray("functions").get(0)
                .getAsJsonObject().getAsJsonObject("host");
        assertEquals("{\"vfioModule\":\"vfio_pci\",\"override\":\"vfio-pci\",\"taken\":true,\"formerDriver\":\"nvme\","
                + "\"formerOverride\":null}", host.toString());
    }
}
