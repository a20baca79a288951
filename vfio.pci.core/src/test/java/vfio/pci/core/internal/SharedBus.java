// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal;

import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicInteger;
import vfio.pci.core.fake.FakeFunction;
import vfio.pci.core.fake.FakeHardware;
import vfio.pci.core.fake.FakeLines;
import vfio.pci.core.fake.HardwareImage;
import vfio.pci.core.internal.slot.Functions;

/** Functions that a bridge resets together: each then has forgotten what configuration space had. */
final class SharedBus {
    static final int BASE = 0xe0000000;

    final AtomicInteger resets = new AtomicInteger();
    volatile boolean resettable = true;
    volatile Runnable onReset = () -> { };
    private final TestCore core;

    SharedBus(TestCore core) {
        this.core = core;
    }

    FakeFunction plug(String address, int group) {
        FakeFunction function = new FakeFunction(address, 1, 2);
        HardwareImage image = new HardwareImage(256);
        function.config = image.u32(0x10, BASE).rw(0x10, 4, 0xfffff000);
        function.group = OptionalInt.of(group);
        function.raw = new FakeHardware(FakeLines.none(), 4096) {
            @Override
            public boolean busResettable() {
                return resettable;
            }

            @Override
            public void resetBus() {
                onReset.run();
                resets.incrementAndGet();
                core.bus.functions().forEach(SharedBus::forget);
            }
        };
        return core.bus.plug(function);
    }

    private static void forget(FakeFunction function) {
        if (function.config instanceof HardwareImage image) {
            image.u32(0x10, 0).u16(0x04, 0);
        }
    }
}
