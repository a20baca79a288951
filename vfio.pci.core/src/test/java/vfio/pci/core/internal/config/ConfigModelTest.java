// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.config;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static vfio.pci.core.fake.HardwareImage.body;

import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.RandomDistribution;
import net.jqwik.api.Tuple;
import net.jqwik.api.constraints.Size;
import vfio.pci.core.bus.PciFunction.Bar;
import vfio.pci.core.fake.HardwareImage;

/** Random accesses to a function with many capabilities, and what else happens to it, beside a {@link ReferenceConfig}. */
class ConfigModelTest {
    private static final List<Bar> BARS =
            List.of(new Bar(0, 1 << 20, false, true, true), new Bar(2, 4096, false, false, false));

    private final HardwareImage hardware = lay(new HardwareImage(4096));
    private final ReferenceConfig model = new ReferenceConfig(lay(new HardwareImage(4096)));
    private final Enabled function = new Enabled();

    /** What a step does; most are accesses. */
    enum Kind { READ, WRITE, HARDWARE_CHANGES, RESET_BEHIND_OUR_BACK, MSI, QMAX }

    record Step(Kind kind, int at, int width, int value) {
    }

    private static HardwareImage lay(HardwareImage image) {
        image.u32(0x10, ReferenceConfig.BAR0).rw(0x10, 4, 0xfff00000).rw(0x14, 4, -1);
        image.u32(0x18, ReferenceConfig.BAR2).rw(0x18, 4, 0xfffff000);
        int pm = image.standard(0x01, body(6, 0, 0xfe03, 2, 0x0008));
        image.rw(pm + 4, 2, 0x1f00).clear(pm + 4, 2, 0x8000);
        int msi = image.standard(0x05, body(22, 0, 0x018a));
        image.rw(msi + 2, 2, 0x71).rw(msi + 16, 4, 0x1f).rw(msi + 4, 8, -1);
        int vendor = image.standard(0x09, body(14, 0, 16));
        image.rw(vendor + 4, 12, -1);
        int express = image.standard(0x10, body(0x32, 0, 2, 6, 0x2810));
        image.rw(express + 8, 2, 0x7fff).clear(express + 10, 2, 0xf).rw(express + 0x10, 2, 0xffff);
        image.rw(express + 0x28, 2, 0xffff);
        image.rw(image.standard(0x11, body(10, 0, 0x003f)) + 2, 2, 0xc000);
        image.standard(0x14, body(10, 0, 0x7777));
        int vpd = image.standard(0x03, body(6));
        image.rw(vpd + 2, 2, 0xffff).rw(vpd + 4, 4, -1);
        image.vpdData = address -> 0x9e3779b9 * (address | 1);
        image.standard(0x13, body(4, 0, 0x0306));
        image.rw(image.standard(0x07, body(22, 0, 0x1000)) + 2, 22, 0xa5a5a5a5);
        image.rw(0xe4, 28, 0x0f0f0f0f);
        int aer = image.extended(0x01, body(0x28));
        image.clear(aer + 4, 4, 0x03fff031).rw(aer + 8, 8, -1).clear(aer + 0x10, 4, 0xf1c1).rw(aer + 0x14, 8, -1);
        image.extended(0x1b, body(4, 0, 0x1100));
        image.rw(image.extended(0x0b, body(28, 0, 0x1234, 2, 0x0200)) + 4, 28, -1);
        image.extended(0x03, body(8, 0, 0x5566));
        return image.rw(0x800, 64, 0x33333333);
    }

    @Provide
    Arbitrary<Step> steps() {
        Arbitrary<Kind> kinds = Arbitraries.frequency(Tuple.of(40, Kind.WRITE), Tuple.of(20, Kind.READ),
                Tuple.of(4, Kind.HARDWARE_CHANGES), Tuple.of(1, Kind.RESET_BEHIND_OUR_BACK), Tuple.of(1, Kind.MSI),
                Tuple.of(1, Kind.QMAX));
        Arbitrary<Integer> places = Arbitraries.frequencyOf(Tuple.of(2, between(4, 7)), Tuple.of(10, between(0, 0xff)),
                Tuple.of(4, between(0x100, 0x17f)), Tuple.of(1, between(0, 4095)));
        Arbitrary<Integer> values = Arbitraries.oneOf(between(Integer.MIN_VALUE, Integer.MAX_VALUE),
                Arbitraries.of(0, -1, 2, 3, 0x0403, 0x8000));
        return Combinators.combine(kinds, places, Arbitraries.of(1, 2, 4), values)
                .as((kind, at, width, value) -> new Step(kind, at & -width, width, value));
    }

    private static Arbitrary<Integer> between(int low, int high) {
        return Arbitraries.integers().between(low, high).withDistribution(RandomDistribution.uniform());
    }

    @Property(tries = 15)
    void userAndHardwareAgreeWithTheModel(@ForAll @Size(1000) List<@From("steps") Step> steps) {
        ConfigModelTest run = new ConfigModelTest();
        VirtualConfig config = new VirtualConfig(run.hardware, new FunctionFacts(0x15b3, 0x101e, false, true, BARS, 0x10000),
                run.function);
        config.claim(ReferenceConfig.CLAIMED, (byte) 0, (byte) 0);
        run.function.qmax = 5;
        run.model.qmax = 5;
        for (Step step : steps) {
            run.take(step, config);
        }
    }

    private void take(Step step, VirtualConfig config) {
        int at = step.at();
        switch (step.kind()) {
            case READ -> { }
            case WRITE -> {
                config.write(at, step.width(), step.value());
                model.write(at, step.width(), step.value());
            }
            case HARDWARE_CHANGES -> {
                hardware.values[at] ^= (byte) step.value();
                model.hardware.values[at] ^= (byte) step.value();
            }
            case RESET_BEHIND_OUR_BACK -> {
                lost(hardware);
                lost(model.hardware);
            }
            case MSI -> function.msi = model.msi = (step.value() & 1) != 0;
            default -> function.qmax = model.qmax = (step.value() & 0xff) % 6;
        }
        assertEquals(model.read(at, step.width()), config.read(at, step.width()), () -> "after " + step);
        if (!Arrays.equals(model.hardware.values, hardware.values)) {
            assertArrayEquals(model.hardware.values, hardware.values, "hardware after " + step);
        }
        assertEquals(model.acts, function.acts, () -> "acts of " + step);
        assertEquals(model.memoryEnabled(), config.memoryEnabled(), () -> "memory after " + step);
        model.acts.clear();
        function.acts.clear();
        hardware.writes.clear();
        model.hardware.writes.clear();
    }

    private static void lost(HardwareImage image) {
        image.u16(4, 0).u32(0x10, 0xc).u32(0x18, 0);
    }
}
