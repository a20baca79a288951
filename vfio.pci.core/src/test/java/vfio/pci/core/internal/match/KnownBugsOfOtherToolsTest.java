// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.match;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import vfio.pci.core.alias.AliasLine;
import vfio.pci.core.alias.DriverIds;
import vfio.pci.core.id.DeviceKey;
import vfio.pci.core.id.PciDeviceId;

/** What resolvers of variant drivers before this one got wrong. */
class KnownBugsOfOtherToolsTest {
    private static final DeviceKey NVME = new DeviceKey(0x144d, 0xa808, 0x144d, 0x0001, 0x010802);

    private static DriverIds driver(String name, String... patterns) {
        return DriverIds.of(name,
                Stream.of(patterns).map(p -> AliasLine.parsePattern(p).orElseThrow()).toArray(PciDeviceId[]::new));
    }

    private static List<String> order(DeviceKey key, DriverIds... drivers) {
        return MatchIndex.of(MatchRules.MERGED, List.of(drivers)).candidates(key, null).stream()
                .map(c -> c.driver().driver()).toList();
    }

    /** bind_vfio_pci_driver.py compares the base class with the subdevice. */
    @Test
    void baseClassIsComparedWithTheBaseClass() {
        DeviceKey subdeviceOne = new DeviceKey(0x144d, 0xa808, 0x144d, 0x0001, 0x020000);
        DriverIds byClass = driver("byclass", "vfio_pci:v*d*sv*sd*bc01sc*i*");
        assertEquals(List.of("byclass"), order(NVME, byClass));
        assertEquals(List.of(), order(subdeviceOne, byClass));
    }

    /** bind_vfio_pci_driver.py keeps the score of a module's last alias. */
    @Test
    void laterAliasOfAModuleDoesNotOverwriteItsScore() {
        DriverIds exactThenAny = driver("b-exact", "vfio_pci:v0000144Dd0000A808sv*sd*bc*sc*i*",
                "vfio_pci:v*d*sv*sd*bc*sc*i*");
        DriverIds vendor = driver("a-vendor", "vfio_pci:v0000144Dd*sv*sd*bc*sc*i*");
        assertEquals(List.of("b-exact", "a-vendor"), order(NVME, exactThenAny, vendor));
        assertEquals(List.of("b-exact", "a-vendor"), order(NVME, vendor, exactThenAny));
    }

    /** bind_vfio_pci_driver.py leaves ties to the order of a dict, libvirt and go-nvlib to that of the file. */
    @Test
    void tiesDependOnNoOrder() {
        DriverIds a = driver("a", "vfio_pci:v0000144Dd*sv*sd*bc*sc*i*");
        DriverIds b = driver("b", "vfio_pci:v0000144Dd*sv*sd*bc*sc*i*");
        assertEquals(List.of("a", "b"), order(NVME, a, b));
        assertEquals(List.of("a", "b"), order(NVME, b, a));
    }

    /** Ports of libvirt's rule compare the text 02* with the device's two digits. */
    @Test
    void givenInterfaceMatchesThoughItsTextEndsInAStar() {
        DriverIds nvme = driver("nvme", "pci:v*d*sv*sd*bc01sc08i02*");
        assertEquals(List.of("nvme"), order(NVME, nvme));
        assertEquals(List.of(), order(new DeviceKey(0x144d, 0xa808, 0, 0, 0x010803), nvme));
    }

    /** Counting stars instead of fields costs a given interface one. */
    @Test
    void givenInterfaceIsNoWildcard() {
        assertEquals(4, AliasLine.parsePattern("pci:v*d*sv*sd*bc01sc08i02*").orElseThrow().wildcards());
        assertEquals(List.of("interface", "subclass"), order(NVME, driver("subclass", "pci:v*d*sv*sd*bc01sc08i*"),
                driver("interface", "pci:v*d*sv*sd*bc01sc08i02*")));
    }

    /** dra-driver-nvidia-gpu #1268 makes the driver's name from the module's by replacing underscores. */
    @Test
    void namesAreNotMadeFromEachOther() {
        DriverIds mlx5 = new DriverIds("mlx5_vfio_pci", "mlx5_vfio_pci", "mlx5-vfio-pci", true, 0, List.of(),
                List.of(PciDeviceId.parse("15b3:101e", 1)));
        DeviceKey vf = new DeviceKey(0x15b3, 0x101e, 0, 0, 0x020000);
        MatchIndex index = MatchIndex.of(MatchRules.MERGED, List.of(mlx5));
        assertEquals(Reason.OVERRIDE_NAMES_ANOTHER, index.explain(vf, "mlx5-vfio-pci", "mlx5_vfio_pci").reason());
        assertEquals(Reason.OVERRIDE_ID, index.explain(vf, "mlx5_vfio_pci", "mlx5_vfio_pci").reason());
        assertEquals("alias vfio_pci:v000015B3d0000101Esv*sd*bc*sc*i* mlx5_vfio_pci", mlx5.aliasLines().get(0).toString());
    }

    /** The kernel warns "cannot handle masks" and prints no alias, yet the entry matches: tools of aliases miss it. */
    @Test
    void entryWithoutAnAliasStillMatches() {
        DriverIds partial = DriverIds.of("partial", PciDeviceId.parse("*:*:*:*:000000:fe0000", 0));
        assertEquals(List.of(), partial.aliasLines());
        assertEquals(List.of("partial"), order(NVME, partial));
    }
}
