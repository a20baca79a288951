// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal;

import vfio.core.device.VfioUser;
import vfio.pci.core.bus.DmaAccess;
import vfio.pci.core.fake.FakeDriver;
import vfio.pci.core.fake.FakeFunction;
import vfio.pci.core.fake.FakeHardware;
import vfio.pci.core.fake.FakeLines;

/** A card of a raw bus, in group 1 and bound to a driver, whose DMA a test does; there until its core is closed. */
final class BoundCard implements AutoCloseable {
    static final String NAME = "0000:01:00.0";
    static final int GROUP = 1;
    static final VfioUser USER = VfioUser.named("user");

    final TestCore core = new TestCore();
    final FakeFunction function = core.plug(NAME, 1, 2);
    /** Its way to memory, null while it has none. */
    volatile DmaAccess dma;

    BoundCard() {
        function.raw = new FakeHardware(FakeLines.none(), 4096) {
            @Override
            public void dma(DmaAccess memory) {
                dma = memory;
            }
        };
        core.arrives(FakeDriver.flagged("gen", "*:*"));
        core.admin.bind(NAME, "gen", false);
    }

    @Override
    public void close() {
        core.close();
    }
}
