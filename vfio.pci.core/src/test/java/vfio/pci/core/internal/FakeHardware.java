// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal;

import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.device.MemoryRegion;
import vfio.core.device.RegionOperations;
import vfio.pci.core.bus.InterruptLines;
import vfio.pci.core.bus.RawHardware;

/** Hardware with memory behind its BARs, that raises no interrupts. */
class FakeHardware implements RawHardware {
    private final FakeFunction function;

    FakeHardware(FakeFunction function) {
        this.function = function;
    }

    @Override
    public RegionOperations bar(int bar) {
        return new MemoryRegion(function.barMemory(bar));
    }

    @Override
    public RegionOperations rom() {
        return null;
    }

    @Override
    public long romSize() {
        return 0;
    }

    @Override
    public RegionOperations vga() {
        return null;
    }

    @Override
    public InterruptLines interrupts() {
        return new InterruptLines() {
            @Override
            public int available(Kind kind) {
                return 0;
            }

            @Override
            public boolean dynamicMsix() {
                return false;
            }

            @Override
            public void connect(Kind kind, int vectors, Sink sink) {
                throw new VfioException(Errno.ENOSPC, "no vectors");
            }

            @Override
            public void add(int vector) {
                throw new VfioException(Errno.ENOSPC, "no vectors");
            }

            @Override
            public void disconnect() {
            }

            @Override
            public boolean asserted() {
                return false;
            }
        };
    }

    @Override
    public Quirks quirks() {
        return Quirks.NONE;
    }

    @Override
    public void resetDevice() {
        throw new VfioException(Errno.ENOTTY, "no reset");
    }

    @Override
    public void resetBus() {
        throw new VfioException(Errno.ENOTTY, "no reset");
    }

    @Override
    public boolean busResettable() {
        return false;
    }

    @Override
    public Listener listener(Listener listener) {
        return null;
    }
}
