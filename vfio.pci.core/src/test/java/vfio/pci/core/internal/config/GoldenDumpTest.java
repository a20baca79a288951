// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static vfio.pci.core.fake.HardwareImage.body;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import vfio.pci.core.bus.PciFunction.Bar;
import vfio.pci.core.fake.HardwareImage;

/**
 * Functions that together have every capability in each of its lengths, and every one that is hidden, against what a user is
 * known to see of them: {@code src/test/resources/config/*.txt}. After a change that is meant, write those files anew with
 * {@code mvn -pl vfio.pci.core -am -Dtest=GoldenDumpTest -Dsurefire.failIfNoSpecifiedTests=false -Dgolden=write test} and
 * read the difference.
 */
class GoldenDumpTest {
    private static final Path FILES = Path.of("src/test/resources/config");
    private static final List<Bar> BARS = List.of(new Bar(0, 1L << 33, false, true, true),
            new Bar(2, 1 << 14, false, false, false), new Bar(3, 32, true, false, false),
            new Bar(5, 16, false, false, true));
    /** Those without a length; 0 and ids behind the last that is known are among them. */
    private static final int[] HIDDEN = {0x00, 0x04, 0x06, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x14, 0x15, 0xff};
    private static final int[] HIDDEN_EXTENDED = {
        0x00, 0x05, 0x06, 0x07, 0x0a, 0x0c, 0x11, 0x14, 0x19, 0x1a, 0x1b, 0x1c, 0x1d,
        0x1e, 0x1f, 0x20, 0x21, 0x22, 0x24, 0x25, 0x26, 0x27, 0x28, 0x29, 0x2a, 0x2b, 0x2c, 0x2d, 0x2e, 0x2f, 0xffff
    };

    /** Bodies begin behind id and next, or an extended header; a dword lies between two, to show where they end. */
    enum Sample {
        CONVENTIONAL(256, false, image -> {
            gap(image, 0x01, body(6, 0, 0xfe03, 2, 0xff08));
            gap(image, 0x02, body(10));
            gap(image, 0x03, body(6));
            gap(image, 0x05, body(8, 0, 0x000a));
            gap(image, 0x07, body(6));
            gap(image, 0x08, body(22, 1, 0x20));
            gap(image, 0x09, body(3, 0, 5));
            gap(image, 0x12, body(6, 2, 0x05));
            gap(image, 0x13, body(4, 0, 0x0306));
            gap(image, 0x14, body(6));
        }),
        CONVENTIONAL_LONG(4096, false, image -> {
            gap(image, 0x05, body(22, 0, 0x018a));
            gap(image, 0x07, body(22, 0, 0x1000));
            gap(image, 0x08, body(26));
            gap(image, 0x09, body(30, 0, 32));
            gap(image, 0x09, body(2, 0, 0));
            gap(image, 0x12, body(14, 2, 0x0f));
            image.extended(0x03, body(8));
        }),
        HIDDEN_STANDARD(256, false, image -> {
            for (int id : HIDDEN) {
                gap(image, id, body(2, 0, 0x1234));
            }
        }),
        EXPRESS_1(4096, false, image -> {
            gap(image, 0x05, body(12, 0, 0x0084));
            gap(image, 0x10, body(0x12, 0, 1, 6, 0x2810));
            gap(image, 0x11, body(10, 0, 7));
            gapExtended(image, 0x01, body(0x34));
            for (int phases : new int[] {0, 2, 4, 8, 0xe}) {
                channels(image, 0x02, phases);
            }
        }),
        EXPRESS_1_IN_ROOT_COMPLEX(4096, false, image -> {
            gap(image, 0x10, body(10, 0, 0x91, 6, 0x2810));
            gap(image, 0x05, body(18, 0, 0x0108));
            image.extended(0x1b, body(4));
            gapExtended(image, 0x0b, body(12, 0, 0x1234, 2, 0x0100));
            gapExtended(image, 0x0b, body(12, 0, 0x1234, 2, 0x0000));
            gapExtended(image, 0x23, body(16, 0, 0x8086, 2, 0x0141, 4, 0x0005));
            channels(image, 0x08, 0);
            channels(image, 0x08, 8);
            channels(image, 0x09, 2);
        }),
        EXPRESS_2(4096, false, image -> {
            gap(image, 0x10, body(0x32, 0, 2, 4, 0x1000, 6, 0x2810));
            gapExtended(image, 0x10, body(0x3c));
            for (int egress : new int[] {0, 0x0120, 0x2020, 0x2120, 0xff20, 0x0020}) {
                gapExtended(image, 0x0d, body(36, 0, egress));
            }
            for (int bars = 0; bars < 8; bars++) {
                gapExtended(image, 0x15, body(56, 4, bars << 5));
            }
            gapExtended(image, 0x17, body(12, 0, 0x0000, 2, 0x0003));
            gapExtended(image, 0x17, body(12, 0, 0x0400, 2, 0x0003));
            gapExtended(image, 0x17, body(12, 0, 0x0200, 2, 0x0000));
            gapExtended(image, 0x17, body(24, 0, 0x0200, 2, 0x0003));
        }),
        EXPRESS_2_IN_ROOT_COMPLEX(4096, false, image -> {
            gap(image, 0x10, body(0x2a, 0, 0x92, 6, 0x2810));
            int[] lengths = {0x03, 12, 0x04, 16, 0x0e, 8, 0x0f, 8, 0x12, 40, 0x13, 16, 0x18, 8};
            for (int i = 0; i < lengths.length; i += 2) {
                gapExtended(image, lengths[i], body(lengths[i + 1] - 4));
            }
            for (int last = 0; last < 32; last += 31) {
                gapExtended(image, 0x16, body(44, 0, last));
            }
        }),
        HIDDEN_EXTENDED_ONES(4096, false, image -> {
            gap(image, 0x10, body(0x32, 0, 2));
            image.extended(0x03, body(8));
            for (int id : HIDDEN_EXTENDED) {
                gapExtended(image, id, body(4, 0, 0x1234));
            }
            gapExtended(image, 0x0e, body(4));
        }),
        NOTHING_BUT_HIDDEN_EXTENDED_ONES(4096, false, image -> {
            gap(image, 0x10, body(0x32, 0, 2));
            for (int id : HIDDEN_EXTENDED) {
                gapExtended(image, id, body(4, 0, 0x1234));
            }
        }),
        VIRTUAL_FUNCTION(4096, true, image -> {
            image.u32(0, -1).u16(4, 0).u8(0x3d, 1);
            gap(image, 0x10, body(0x32, 0, 2, 4, 0x1000));
            gap(image, 0x11, body(10, 0, 7));
            gapExtended(image, 0x0e, body(4));
        });

        private final int size;
        private final boolean virtual;
        private final Consumer<HardwareImage> layout;

        Sample(int size, boolean virtual, Consumer<HardwareImage> layout) {
            this.size = size;
            this.virtual = virtual;
            this.layout = layout;
        }

        private HardwareImage image() {
            HardwareImage image = new HardwareImage(size);
            layout.accept(image);
            return image;
        }

        private String dump() {
            FunctionFacts facts = new FunctionFacts(0x15b3, 0x101e, virtual, true, BARS, virtual ? 0 : 0x10000);
            return new FunctionDump(this::image, facts).text();
        }

        private static void gap(HardwareImage image, int id, int... bytes) {
            image.standard(id, bytes);
            image.skip(4);
        }

        private static void gapExtended(HardwareImage image, int id, int... bytes) {
            image.extended(id, bytes);
            image.skipExtended(4);
        }

        /** Of 1, 2 and 8 channels. */
        private static void channels(HardwareImage image, int id, int phases) {
            for (int more : new int[] {0, 1, 7}) {
                gapExtended(image, id, body(0xb0, 0, more, 4, phases));
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void userSeesWhatItIsKnownToSee(Sample sample) throws IOException {
        Path file = FILES.resolve(sample.name().toLowerCase().replace('_', '-') + ".txt");
        String dump = sample.dump();
        if ("write".equals(System.getProperty("golden"))) {
            Files.createDirectories(FILES);
            Files.writeString(file, dump);
        }
        assertEquals(Files.readString(file), dump, file.toString());
    }
}
