// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.topology;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import vfio.hardware.emulated.FunctionSpec;
import vfio.pci.core.bus.PciFunction.Bar;
import vfio.pci.core.id.PciAddress;

class DumpTest {
    @TempDir
    private Path directory;

    /** Config space under construction. */
    private static final class Config {
        final byte[] bytes;

        Config(int size, int vendor, int device) {
            bytes = new byte[size];
            put(0x00, vendor | device << 16).put(0x08, 0x02000001);
        }

        Config put(int offset, int value) {
            for (int i = 0; i < 4; i++) {
                bytes[offset + i] = (byte) (value >> 8 * i);
            }
            return this;
        }

        String at(String address, String... lines) {
            StringBuilder text = new StringBuilder(address + " Ethernet controller: of no name (rev 01)\n");
            List.of(lines).forEach(line -> text.append('\t').append(line).append('\n'));
            for (int i = 0; i < bytes.length; i += 16) {
                text.append("%02x: %s\n".formatted(i, HexFormat.ofDelimiter(" ").formatHex(bytes, i, i + 16)));
            }
            return text.append('\n').toString();
        }
    }

    private static Config nic() {
        return new Config(256, 0x8086, 0x10d3);
    }

    private List<FunctionSpec> read(String text) throws TopologyException, IOException {
        return BusTopology.read(Files.writeString(directory.resolve("dump"), text, StandardCharsets.ISO_8859_1)).functions();
    }

    private Bar bar(String text, int index) throws TopologyException, IOException {
        return read(text).get(0).description().bars().stream().filter(b -> b.index() == index).findFirst().orElseThrow();
    }

    private String error(String text) {
        return assertThrows(TopologyException.class, () -> read(text)).getMessage().replaceFirst(".*/dump:", "");
    }

    @Test
    void functionsAreTheirBytes() throws Exception {
        Config conventional = nic().put(0x2c, 0xa01f8086);
        Config express = new Config(4096, 0x15b3, 0x101d).put(0x04, 0x00100000).put(0x34, 0x40).put(0x40, 0x00020010)
                .put(0x100, 0x00010003);
        List<FunctionSpec> specs = read("\n# notes\n" + express.at("0001:02:03.4") + conventional.at("00:01.0"));
        assertEquals(List.of("0000:00:01.0", "0001:02:03.4"), specs.stream().map(s -> s.address().toString()).toList());
        assertEquals("pci:v00008086d000010D3sv00008086sd0000A01Fbc02sc00i00", specs.get(0).description().key().toString());
        assertEquals(1, specs.get(0).description().revision());
        assertArrayEquals(conventional.bytes, specs.get(0).description().config().bytes());
        assertArrayEquals(express.bytes, specs.get(1).description().config().bytes());
    }

    @Test
    void linesMayEndAsOnWindows() throws Exception {
        assertEquals(1, read(nic().at("00:01.0").replace("\n", "\r\n")).size());
    }

    @Test
    void yamlIsNoDump() throws Exception {
        String yaml = "functions:\n# 00:01.0 a comment\n- {address: 00:01.0, vendor: 8086, device: 10d3, class: 020000}\n";
        assertFalse(DumpReader.recognises(yaml.getBytes(StandardCharsets.UTF_8)));
        assertEquals(1, read(yaml).size());
    }

    @ParameterizedTest
    @CsvSource({"f7c00000, 1048576, false, false", "f7c04000, 16384, false, false", "f7c04008, 16384, false, true",
        "0000e001, 256, true, false", "0000e021, 32, true, false", "00000008, 4096, false, true",
        "00000001, 32, true, false"})
    void barsAreAsLargeAsTheirAddressIsAligned(String value, long size, boolean io, boolean prefetchable) throws Exception {
        assertEquals(new Bar(0, size, io, false, prefetchable),
                bar(nic().put(0x10, Integer.parseUnsignedInt(value, 16)).at("00:01.0"), 0));
    }

    @Test
    void barsEndWhereTheNextBegins() throws Exception {
        String text = nic().put(0x10, 0xf7c00000).at("00:01.0") + nic().put(0x14, 0xf7c20000).at("00:02.0");
        assertEquals(0x20000, bar(text, 0).size());
    }

    @Test
    void theTextOfADumpTellsSizes() throws Exception {
        String region = "Region 0: Memory at f7c00000 (32-bit, non-prefetchable) [size=4M]";
        assertEquals(4 << 20, bar(nic().put(0x10, 0xf7c00000).at("00:01.0", region), 0).size());
        // More than the address is aligned to cannot be.
        assertEquals(0x20000, bar(nic().put(0x10, 0xf7c20000).at("00:01.0", region), 0).size());
        assertEquals(0x100000, bar(nic().put(0x10, 0xf7c00000).at("00:01.0", region.replace("4M", "3M")), 0).size());
    }

    @Test
    void aWideBarTakesTwoRegisters() throws Exception {
        List<Bar> bars = read(nic().put(0x10, 0xfe00000c).put(0x14, 1).put(0x24, 0xf0000004).at("00:01.0"))
                .get(0).description().bars();
        // The last register has no room for an upper half.
        assertEquals(List.of(new Bar(0, 1 << 20, false, true, true)), bars);
    }

    @Test
    void bridgesLeadWhereTheirHeaderSays() throws Exception {
        Config bridge = nic().put(0x0c, 0x00010000).put(0x18, 0x00030100);
        FunctionSpec there = read(bridge.at("00:1c.0")).get(0);
        assertEquals(1, there.description().secondary());
        assertEquals(3, there.description().subordinate());
        assertFalse(read(bridge.at("02:1c.0")).get(0).description().isBridge(), "a loop");
        assertFalse(read(bridge.put(0x18, 0).at("00:1c.0")).get(0).description().isBridge(), "not set up");
    }

    @Test
    void virtualFunctionsHaveTheIdsOfTheirPhysicalOne() throws Exception {
        Config pf = new Config(4096, 0x15b3, 0x101d).put(0x04, 0x00100000).put(0x34, 0x40).put(0x40, 0x00020010)
                .put(0x100, 0x00010010).put(0x108, 1).put(0x110, 2).put(0x114, 0x00010002).put(0x118, 0x101e0000);
        Config vf = new Config(256, 0xffff, 0xffff).put(0x2c, 0x001615b3);
        List<FunctionSpec> specs = read(pf.at("01:00.0") + vf.at("01:00.2") + vf.at("01:00.3") + vf.at("01:00.4"));
        assertEquals(List.of("15b3:101d", "15b3:101e", "15b3:101e", "ffff:ffff"), specs.stream()
                .map(s -> s.description().key()).map(key -> "%04x:%04x".formatted(key.vendor(), key.device())).toList());
    }

    @Test
    void whatKnownRegistersTakeIsWritable() throws Exception {
        var config = read(nic().put(0x04, 0x00100000).put(0x34, 0x50).put(0x50, 0x00030001).put(0x10, 0xf7c20000)
                .at("00:01.0")).get(0).description().config();
        assertEquals(0x04, config.writable(0x04) & 0x04, "bus master");
        assertEquals(0x03, config.writable(0x54) & 0x03, "power state");
        assertEquals(0xfe, config.writable(0x12) & 0xff, "address bits above the size");
        assertEquals(0, config.writable(0x08));
        assertEquals(0, config.writable(0x60));
    }

    @Test
    void mistakesAreToldWithTheirPlace() {
        String good = nic().at("00:01.0");
        assertEquals("19:1: found a function at 0000:00:01.0, where there is one already; expected each once",
                error(good + good));
        assertEquals("1:1: found 64 bytes of config space of 0000:00:01.0; expected all 256 or 4096, as lspci -xxx or -xxxx "
                + "prints them to root", error(good.substring(0, good.indexOf("40: "))));
        assertEquals("1:1: found '00:21.0'; expected an address, such as 0000:01:00.1",
                error(good.replace("00:01.0", "00:21.0")));
        assertEquals("4:5: found '00 00 0x'; expected 1 to 16 bytes in hex",
                error(good.replaceFirst("20: .*", "20: 00 00 0x")));
        assertEquals("18:1: found a byte at 1000h; expected at most 1000h bytes",
                error(good.substring(0, good.length() - 1) + "1000: 00\n"));
        assertTrue(error(good.replaceFirst("20: .*", "ffffffff: 00")).startsWith("4:1: found a byte at ffffffffh"));
    }

    /** Any damage to a dump is told, or leaves a topology. */
    @Test
    void damagedDumpsAreReadOrRefused() throws IOException {
        Config express = new Config(4096, 0x15b3, 0x101d).put(0x04, 0x00100000).put(0x34, 0x40).put(0x40, 0x00025010)
                .put(0x50, 0x00030001).put(0x10, 0xf7c20000).put(0x100, 0x00010010);
        String text = express.at("01:00.0", "Region 0: Memory at f7c20000 (32-bit) [size=16K]") + nic().at("00:1c.0");
        Random random = new Random(5);
        int read = 0;
        for (int run = 0; run < 1_000; run++) {
            StringBuilder damaged = new StringBuilder(text);
            for (int i = random.nextInt(6); i >= 0; i--) {
                int at = random.nextInt(random.nextBoolean() ? 400 : damaged.length());
                damaged.setCharAt(at, "0123456789abcdef: \nxKMG[".charAt(random.nextInt(24)));
            }
            try {
                read += read(damaged.toString()).size();
            } catch (TopologyException e) {
                assertTrue(e.line() > 0, e.getMessage());
            }
        }
        assertTrue(read > 200, "only " + read + " were read: the damage tells nothing");
    }

    @Test
    void anyBytesMakeAFunction() throws Exception {
        Random random = new Random(11);
        for (int run = 0; run < 500; run++) {
            Config config = new Config(random.nextBoolean() ? 256 : 4096, 0, 0);
            random.nextBytes(config.bytes);
            FunctionSpec spec = read(config.at("00:01.0")).get(0);
            assertArrayEquals(config.bytes, spec.description().config().bytes());
            assertEquals(PciAddress.parse("00:01.0"), spec.address());
        }
    }
}
