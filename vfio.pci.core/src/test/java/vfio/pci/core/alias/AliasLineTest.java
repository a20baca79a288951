// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.alias;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import vfio.pci.core.id.DeviceKey;
import vfio.pci.core.id.PciDeviceId;

class AliasLineTest {
    @ParameterizedTest
    @CsvSource({"pci:v*d*sv*sd*bc01sc08i02*,1,2,010802,true", "pci:v*d*sv*sd*bc01sc08i02*,1,2,010803,false",
        "pci:v000015B3d0000101Esv*sd*bc*sc*i*,15b3,101e,020000,true",
        "pci:v000015B3d0000101Esv*sd*bc*sc*i*,15b3,101d,020000,false",
        "pci:v00008086d*sv*sd*bc03sc*i*,8086,3e92,030000,true", "pci:v00008086d*sv*sd*bc03sc*i*,8086,3e92,020000,false",
        "vfio_pci:v*d*sv*sd*bc*sc*i*,15b3,101e,020000,true"})
    void patternAgreesAsModprobeWouldFind(String pattern, String vendor, String device, String classCode, boolean agrees) {
        DeviceKey key = new DeviceKey(Integer.parseInt(vendor, 16), Integer.parseInt(device, 16), 1, 1,
                Integer.parseInt(classCode, 16));
        assertEquals(agrees, AliasLine.parsePattern(pattern).orElseThrow().agrees(key));
    }

    @Test
    void prefixIsTheFlag() {
        assertEquals(1, AliasLine.parsePattern("vfio_pci:v*d*sv*sd*bc*sc*i*").orElseThrow().overrideOnly());
        assertEquals(0, AliasLine.parsePattern("pci:v*d*sv*sd*bc*sc*i*").orElseThrow().overrideOnly());
        assertEquals(Optional.empty(), AliasLine.pattern(new PciDeviceId(1, 2, 3, 4, 0, 0, 0, 2)));
        assertEquals(Optional.empty(), AliasLine.pattern(new PciDeviceId(1, 2, 3, 4, 0, 0, 0, 3)));
    }

    @ParameterizedTest
    @CsvSource({"15b3:101e,pci:v000015B3d0000101Esv*sd*bc*sc*i*", "*:*:*:*:010802,pci:v*d*sv*sd*bc01sc08i02*",
        "*:*:*:*:030000:ff0000,pci:v*d*sv*sd*bc03sc*i*",
        "1:2:3:4:000000,pci:v00000001d00000002sv00000003sd00000004bc00sc00i00*",
        "*:*:*:*:000005:0000ff,pci:v*d*sv*sd*bc*sc*i05*"})
    void entryHasThePatternOfFile2alias(String entry, String pattern) {
        assertEquals(Optional.of(pattern), AliasLine.pattern(PciDeviceId.parse(entry, 0)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"*:*:*:*:030000:fe0000", "*:*:*:*:030000:ff8000", "*:*:*:*:030000:ffff01"})
    void partialMaskHasNoPattern(String entry) {
        assertEquals(Optional.empty(), AliasLine.pattern(PciDeviceId.parse(entry, 0)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "# comment", "alias usb:v*p*d*dc*dsc*dp*ic*isc*ip*in* x", "alias pci:v*d*sv*sd*bc*sc*i*",
        "alias pci:v*d*sv*sd*bc*sc*i* ", "alias  pci:v*d*sv*sd*bc*sc*i* x", "alias pci:v*d*sv*sd*bc*sc*i02 x",
        "alias pci:v000015b3d*sv*sd*bc*sc*i* x", "alias pci:v15B3d*sv*sd*bc*sc*i* x", "alias xvfio_pci:v*d*sv*sd*bc*sc*i* x",
        "alias pci:v*d*sv*sd*bc*sc*i* x y", "alias pci:v**d*sv*sd*bc*sc*i* x", "alias pci:v*d*sv*sd*bc*sc*i** x"})
    void everythingElseIsLeftAlone(String line) {
        assertEquals(Optional.empty(), AliasLine.parse(line));
    }

    @Property
    void printedReadsBack(@ForAll("ids") PciDeviceId id) {
        AliasLine line = new AliasLine(id, "acme_vfio_pci");
        assertEquals(line.toString(), AliasLine.parse(line.toString()).orElseThrow().toString());
        PciDeviceId read = AliasLine.parse(line.toString()).orElseThrow().id();
        assertEquals(id.rank(), read.rank());
        assertTrue(line.toString().endsWith("* acme_vfio_pci"));
    }

    @Provide
    static Arbitrary<PciDeviceId> ids() {
        return Arbitraries.randomValue(r -> new PciDeviceId(id(r), id(r), id(r), id(r), r.nextInt(1 << 24),
                (r.nextInt(2) * 0xff0000) | (r.nextInt(2) * 0xff00) | (r.nextInt(2) * 0xff), 0, r.nextInt(2)));
    }

    private static int id(Random random) {
        return random.nextBoolean() ? PciDeviceId.ANY : random.nextInt(1 << 16);
    }
}
