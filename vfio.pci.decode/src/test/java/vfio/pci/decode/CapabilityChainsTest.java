// SPDX-License-Identifier: Apache-2.0
package vfio.pci.decode;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import vfio.core.Errno;
import vfio.core.VfioException;

class CapabilityChainsTest {
    private static final String EXPRESS = "1000 0200";

    @Test
    void namesEveryIdOfTheKernelsHeader() {
        for (int id = 0; id <= 0x14; id++) {
            assertTrue(!ConfigDecoder.capabilityName(false, id).contains("ID 0x"), "standard " + id);
        }
        // 2d has no name in pci_regs.h, and none in PCIe 6.0.
        for (int id : IntStream.rangeClosed(0, 0x2e).filter(i -> i != 0x2d).toArray()) {
            assertTrue(!ConfigDecoder.capabilityName(true, id).contains("ID 0x"), "extended " + id);
        }
        assertEquals("Capability ID 0x1e", ConfigDecoder.capabilityName(false, 0x1e));
        assertEquals("Extended Capability ID 0xbeef", ConfigDecoder.capabilityName(true, 0xbeef));
    }

    @Test
    void unknownOnesHaveAPlaceAndTheirHeadersLength() {
        DecodedConfig config = new Images(4096, 0).first(0x40, EXPRESS).put(0x41, "80").put(0x80, "1e00")
                .put(0x100, "efbe3700").decode();
        assertEquals(List.of("Express", "Capability ID 0x1e", "Extended Capability ID 0xbeef"),
                config.capabilities().stream().map(DecodedCapability::name).toList());
        assertEquals(2, config.capabilities().get(1).length());
        assertEquals(4, config.capabilities().get(2).length());
        assertEquals(7, config.capabilities().get(2).version());
    }

    @Test
    void capabilitiesNeedTheirStatusBit() {
        assertEquals(List.of(), new Images(256, 0).first(0x40, "01000300").put(0x06, "0000").decode().capabilities());
    }

    @Test
    void extendedOnesNeedExpressOrPciX() {
        assertEquals(1, new Images(4096, 0).first(0x40, "01000300").put(0x100, "03000100").decode().capabilities().size());
        assertEquals(2, new Images(4096, 0).first(0x40, "07000000").put(0x100, "03000100").decode().capabilities().size());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            50 | 0150   | the byte at 51h leads back to the capability at 50h: the chain is a loop
            50 | 0120   | the byte at 51h leads to a capability at 20h, inside the header: the chain ends there
            50 | ff00   | the capability at 50h has id ff: nothing is there, the chain is broken
            fc | 0100   | Power Management at fch has 8 bytes, past the end at 100h: it is cut there
            """)
    void standardChainsAreCut(String at, String bytes, String warning) {
        assertEquals(List.of(warning), new Images(256, 0).first(Integer.parseInt(at, 16), bytes).decode().warnings());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            18000110 | the extended capability at 100h leads to 100h, where it has been: the chain ends there
            18000104 | the extended capability at 100h leads to 040h, below 100h: the chain ends there
            18000120 | the chain of extended capabilities leads to 200h, where there is none
            """)
    void extendedChainsAreCut(String bytes, String warning) {
        assertEquals(List.of(warning), new Images(4096, 0).first(0x40, EXPRESS).put(0x100, bytes).decode().warnings());
    }

    @Test
    void overlappingCapabilitiesAreTold() {
        List<String> warnings = new Images(256, 0).first(0x50, "01540300").put(0x54, "0900").decode().warnings();
        assertEquals(List.of("Vendor Specific Information at 54h of 2 bytes overlaps a capability before it"), warnings);
    }

    @Test
    void registersPastTheEndAreLeftOut() {
        DecodedCapability cut = new Images(256, 0).first(0xfc, "01000300").decode().capabilities().get(0);
        assertTrue(cut.field("Flags", "Version").isPresent());
        assertTrue(cut.field("Status", "State").isEmpty());
    }

    @Test
    void unknownHeaderTypesAreTold() {
        DecodedConfig config = new Images(256, 0x7e).decode();
        assertEquals(List.of("header type 7e is unknown: of the header only what all types have is decoded"),
                config.warnings());
        assertTrue(config.field("Id", "Vendor").isPresent());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 64, 255, 257, 4095, 4097})
    void otherSizesAreRefused(int size) {
        VfioException e = assertThrows(VfioException.class, () -> DecodedConfig.of(new byte[size]));
        assertEquals(Errno.EINVAL, e.errno());
    }

    /** Whatever the bytes: no throw, an end, and every place inside. */
    @ParameterizedTest
    @ValueSource(ints = {256, 4096})
    void randomBytesAreDecoded(int size) {
        Random random = new Random(size);
        for (int run = 0; run < 20_000; run++) {
            byte[] image = new byte[size];
            random.nextBytes(image);
            checkPlaces(image);
        }
    }

    /** Chains that lead somewhere: headers of real ids at random places, random pointers among them. */
    @Test
    void randomChainsAreDecoded() {
        Random random = new Random(7);
        for (int run = 0; run < 20_000; run++) {
            byte[] image = new byte[4096];
            random.nextBytes(image);
            image[0x06] |= 0x10;
            image[0x0e] = (byte) random.nextInt(4);
            for (int at = 0x40; at < 0x100; at += 4) {
                image[at] = (byte) random.nextInt(0x16);
            }
            for (int at = 0x100; at < 0x1000; at += 4) {
                image[at] = (byte) random.nextInt(0x30);
                image[at + 1] = 0;
            }
            checkPlaces(image);
        }
    }

    private static void checkPlaces(byte[] image) {
        DecodedConfig config = DecodedConfig.of(image);
        for (DecodedCapability capability : config.capabilities()) {
            int end = capability.extended() ? image.length : 256;
            assertTrue(capability.offset() >= (capability.extended() ? 256 : 0x40) && capability.length() >= 2
                    && capability.offset() + capability.length() <= end, capability::toString);
            capability.fields().forEach(field -> checkPlace(field, image.length));
        }
        config.header().forEach(field -> checkPlace(field, 0x48));
        assertTrue(config.capabilities().size() <= 48 + 960);
    }

    private static void checkPlace(DecodedField field, int end) {
        assertTrue(field.offset() >= 0 && field.offset() + field.width() <= end && field.text() != null, field::toString);
    }
}
