// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.topology;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class TopologyFuzzTest {
    private static final List<String> WORDS = List.of("functions", "address", "vendor", "device", "class", "bars", "bridge",
            "capabilities", "sriov", "repeat", "behind", "group", "msix", "vectors", "pcie", "raw", "bytes", "id", ": ",
            "- ", "\n", "\n  ", "{", "}", "[", "]", ", ", "00:01.0", "8086", "ffff", "-1", "1e9", "99999999999", "&a ", "*a",
            "? ", "!!int ", "|", ">", "'", "\"", "#", "%YAML 1.2\n", "---\n", "...",
            "\t", "\u0000", "\ufeff", "\ud83d\ude00", "<<");

    private static void neverFailsOtherwise(byte[] bytes) {
        try {
            BusTopology topology = new BusTopology(new TopologyReader("f").read(bytes));
            assertTrue(topology.functions().size() <= TopologyLimits.MOST_FUNCTIONS);
        } catch (TopologyException e) {
            assertTrue(e.line() >= 1 && e.column() >= 1, e.getMessage());
            assertTrue(e.line() <= new String(bytes, StandardCharsets.ISO_8859_1).lines().count() + 2, e.getMessage());
            assertTrue(e.getMessage().startsWith("f:" + e.line() + ":" + e.column() + ": found "), e.getMessage());
            assertTrue(e.getMessage().chars().noneMatch(Character::isISOControl), e.getMessage());
        }
    }

    private static byte[] valid() {
        try (InputStream in = BusTopology.class.getResourceAsStream("/default-topology.yaml")) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Property(tries = 1000)
    void anyBytes(@ForAll byte[] bytes) {
        neverFailsOtherwise(bytes);
    }

    @Property(tries = 1000)
    void anyText(@ForAll String text) {
        neverFailsOtherwise(text.getBytes(StandardCharsets.UTF_8));
    }

    @Provide
    Arbitrary<String> wordSalad() {
        return Arbitraries.of(WORDS).list().ofMaxSize(60).map(words -> String.join("", words));
    }

    @Property(tries = 3000)
    void wordsOfTheFormatInAnyOrder(@ForAll("wordSalad") String text) {
        neverFailsOtherwise(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Bytes changed, taken out, doubled or replaced by a word of the format. */
    @Property(tries = 3000)
    void mutatedValidFiles(@ForAll long seed) {
        Random random = new Random(seed);
        byte[] bytes = valid();
        for (int n = 1 + random.nextInt(4); n > 0; n--) {
            int at = random.nextInt(bytes.length);
            int end = Math.min(bytes.length, at + random.nextInt(20));
            byte[] middle = switch (random.nextInt(4)) {
                case 0 -> new byte[] {(byte) random.nextInt(256)};
                case 1 -> new byte[0];
                case 2 -> WORDS.get(random.nextInt(WORDS.size())).getBytes(StandardCharsets.UTF_8);
                default -> Arrays.copyOfRange(bytes, Math.max(0, at - 40), end);
            };
            byte[] next = Arrays.copyOf(bytes, at + middle.length + bytes.length - end);
            System.arraycopy(middle, 0, next, at, middle.length);
            System.arraycopy(bytes, end, next, at + middle.length, bytes.length - end);
            bytes = next;
        }
        neverFailsOtherwise(bytes);
    }

    @Property(tries = 300)
    void numbersOfAnySize(@ForAll long a, @ForAll int b, @ForAll short c) {
        String yaml = "functions: [{address: 00:00.0, vendor: %x, device: %d, class: %d, repeat: %d, "
                .concat("bars: {0: %d}, numa: %d}]").formatted(c & 0xffff, b & 0xfff, b & 0xfffff, a % 300, a, b);
        neverFailsOtherwise(yaml.getBytes(StandardCharsets.UTF_8));
    }

    @Property(tries = 200)
    void repeatCountsOnFromAnywhere(@ForAll int domain, @ForAll short id) throws TopologyException {
        String address = "%x:%02x:%02x.%d".formatted(domain == -1 ? 0 : domain, id >> 8 & 0xff, id >> 3 & 0x1f, id & 7);
        String yaml = "functions: [{address: '" + address + "', vendor: 1, device: 2, class: 3, repeat: 600}]";
        BusTopology topology = new BusTopology(new TopologyReader("f").read(yaml.getBytes(StandardCharsets.UTF_8)));
        assertEquals(600, topology.functions().stream().map(f -> f.address()).distinct().count());
        assertEquals(address.substring(address.indexOf(':')),
                topology.functions().get(0).address().toString().replaceFirst("^[0-9a-f]+", ""));
    }
}
