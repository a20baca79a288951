// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.BitSet;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import vfio.pci.core.bus.PciFunction.Bar;
import vfio.pci.core.fake.HardwareImage;

/** Hardware whose capabilities are nonsense: it is survived, and where nothing overlaps a user's walk ends too. */
class HostileHardwareTest {
    private static final List<Bar> BARS = List.of(new Bar(0, 4096, false, false, false));
    private static final int[] STANDARD = {1, 2, 3, 5, 7, 8, 9, 0x10, 0x11, 0x12, 0x13, 0x14, 0, 0xff};
    private static final int[] EXTENDED = {
        1, 2, 3, 4, 8, 9, 0xb, 0xd, 0xe, 0xf, 0x10, 0x12, 0x13, 0x15, 0x16, 0x17, 0x18, 0x23,
        0x1b, 0, 0x2e, 0xffff
    };

    /** Random bytes with capabilities strewn in, so that chains bend, end in the header and lie across each other. */
    private static HardwareImage strewn(Random random, int most) {
        HardwareImage image = new HardwareImage(random.nextInt(4) == 0 ? 256 : 4096);
        for (int at = 0x40; at < image.size(); at++) {
            image.u8(at, random.nextInt(4) == 0 ? random.nextInt(256) : 0);
        }
        image.u8(0x34, link(random));
        int place = image.get(0x34, 1) & ~3;
        for (int count = random.nextInt(most + 1); count > 0 && place >= 0x40; count--) {
            int next = link(random);
            image.u8(place, STANDARD[random.nextInt(STANDARD.length)]).u8(place + 1, next);
            place = next & ~3;
        }
        place = 0x100;
        for (int count = random.nextInt(most + 1); count > 0 && place >= 0x100 && place + 4 <= image.size(); count--) {
            int next = random.nextInt(8) == 0 ? random.nextInt(0x120) : 0x100 + random.nextInt(0xf00);
            image.u32(place, EXTENDED[random.nextInt(EXTENDED.length)] | 1 << 16 | next << 20);
            place = next & ~3;
        }
        return image;
    }

    private static int link(Random random) {
        return random.nextInt(10) == 0 ? random.nextInt(256) : 0x40 + random.nextInt(0xc0);
    }

    @Property(tries = 100)
    void everyImageIsVirtualizedAndEveryByteCanBeReached(@ForAll long seed) {
        Random random = new Random(seed);
        HardwareImage image = strewn(random, 30);
        Enabled function = new Enabled();
        FunctionFacts facts = new FunctionFacts(1, 2, random.nextBoolean(), true, BARS, 0);
        VirtualConfig config = new VirtualConfig(image, facts, function);
        image.vpdAnswers = false;
        for (int access = 0; access < 2000; access++) {
            int width = 1 << random.nextInt(3);
            int at = random.nextInt(image.size()) & -width;
            config.read(at, width);
            if (!config.capability(3).isPresent()) { // VPD would wait for an answer
                config.write(at, width, random.nextInt());
            }
        }
        long locks = function.acts.stream().filter("lock"::equals).count();
        assertEquals(locks, function.acts.stream().filter("unlock"::equals).count());
    }

    @Property(tries = 1000)
    void usersWalkEndsWhereNothingOverlaps(@ForAll long seed) {
        Random random = new Random(seed);
        HardwareImage image = strewn(random, random.nextInt(4));
        VirtualConfig config = new VirtualConfig(image, new FunctionFacts(1, 2, false, true, BARS, 0), new Enabled());
        if (config.warnings().stream().anyMatch(warning -> warning.contains("overlaps"))) {
            return;
        }
        BitSet seen = new BitSet();
        boolean listed = (config.read(6, 2) & 0x10) != 0;
        int next;
        for (int at = config.read(0x34, 1) & ~3; at != 0; at = next) {
            assertTrue(listed && at >= 0x40, "pointer into the header");
            assertFalse(seen.get(at), "loop");
            seen.set(at);
            assertTrue(config.capability(config.read(at, 1)).isPresent(), "hidden one is linked");
            next = config.read(at + 1, 1) & ~3;
        }
        boolean extended = image.size() > 256 && config.capability(0x10).isPresent();
        for (int at = 0x100; extended && at != 0; at = next) {
            assertTrue(at >= 0x100, "pointer below the extended space");
            assertFalse(seen.get(at), "loop");
            seen.set(at);
            next = config.read(at, 4) >>> 20 & ~3;
        }
    }
}
