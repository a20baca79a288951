// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.id;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PciAddressTest {
    @ParameterizedTest
    @CsvSource({"0000:01:00.1,0000:01:00.1", "01:00.1,0000:01:00.1", "1:0.7,0000:01:00.7", "10000:E1:1F.0,10000:e1:1f.0",
        "ffffffff:ff:1f.7,ffffffff:ff:1f.7", "00000000:00:00.0,0000:00:00.0"})
    void readsWhatTheKernelAndPeopleWrite(String text, String canonical) {
        assertEquals(canonical, PciAddress.parse(text).toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ":", "0000:01:00", "0000:01:00.8", "0000:01:20.0", "100:00.0.0", "0000:100:00.0",
        "123456789:00:00.0", "0000:01:00.1 ", " 0000:01:00.1", "0000:01:00.1\n", "-1:00:00.0", "0x0:00:00.0", "g:0.0",
        "0000:0000:01:00.1", "\u0661:00.0"})
    void refusesEverythingElse(String text) {
        assertThrows(IllegalArgumentException.class, () -> PciAddress.parse(text));
    }

    @Test
    void orderIsUnsignedDomainThenBusDeviceFunction() {
        List<String> ordered = List.of("0000:00:00.0", "0000:00:00.1", "0000:00:01.0", "0000:01:00.0", "7fffffff:00:00.0",
                "80000000:00:00.0", "ffffffff:ff:1f.7");
        List<String> sorted = Stream.of(6, 3, 0, 5, 2, 4, 1).map(ordered::get).map(PciAddress::parse).sorted()
                .map(PciAddress::toString).toList();
        assertEquals(ordered, sorted);
    }

    @Test
    void textIsTheSameInEveryLocale() {
        Locale before = Locale.getDefault();
        Locale.setDefault(Locale.forLanguageTag("ar-EG-u-nu-arab"));
        try {
            assertEquals("0000:01:00.7", PciAddress.parse("01:00.7").toString());
        } finally {
            Locale.setDefault(before);
        }
    }

    @Property(edgeCases = EdgeCasesMode.NONE)
    void printedReadsBack(@ForAll int domain, @ForAll @IntRange(max = 255) int bus, @ForAll @IntRange(max = 31) int device,
            @ForAll @IntRange(max = 7) int function) {
        PciAddress address = new PciAddress(domain, bus, device, function);
        assertEquals(address, PciAddress.parse(address.toString()));
        assertEquals(address, new PciAddress(domain, 0, 0, 0).withRoutingId(address.routingId()));
    }
}
