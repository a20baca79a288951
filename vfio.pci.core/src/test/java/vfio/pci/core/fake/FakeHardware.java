// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.fake;

import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import vfio.core.Errno;
import vfio.core.SharedMemory;
import vfio.core.VfioException;
import vfio.core.device.MemoryRegion;
import vfio.core.device.RegionOperations;
import vfio.pci.core.bus.InterruptLines;
import vfio.pci.core.bus.RawHardware;
import vfio.pci.core.id.ResetMethod;

/** Hardware with memory behind its BARs, and whatever else a test sets; it has no reset unless the test says so. */
public class FakeHardware implements RawHardware {
    public final FakeLines lines;
    public final SharedMemory[] memory;
    /** What BARs are in place of memory. */
    public final RegionOperations[] registers = new RegionOperations[6];
    public volatile RegionOperations rom;
    public volatile long romSize;
    public volatile boolean romShadowed;
    public volatile RegionOperations vga;
    public volatile Quirks quirks = Quirks.NONE;
    public volatile Listener listener;
    public volatile Runnable onDeviceReset = () -> { };
    public volatile Consumer<ResetMethod> onPlatformReset = method -> { };
    public volatile Set<ResetMethod> platform = Set.of();
    public volatile boolean busReset;
    public volatile int deviceResets;

    /** @param sizes of the BARs' memory, in bytes; 0 for a BAR without */
    public FakeHardware(FakeLines lines, int... sizes) {
        this.lines = lines;
        memory = IntStream.of(sizes).mapToObj(size -> size == 0 ? null : SharedMemory.ofProcess(size))
                .toArray(SharedMemory[]::new);
    }

    @Override
    public RegionOperations bar(int bar) {
        return registers[bar] != null ? registers[bar] : new MemoryRegion(memory[bar]);
    }

    @Override
    public RegionOperations rom() {
        return rom;
    }

    @Override
    public long romSize() {
        return romSize;
    }

    @Override
    public boolean romShadowed() {
        return romShadowed;
    }

    @Override
    public RegionOperations vga() {
        return vga;
    }

    @Override
    public InterruptLines interrupts() {
        return lines;
    }

    @Override
    public Quirks quirks() {
        return quirks;
    }

    @Override
    public void resetDevice() {
        if (!quirks.deviceReset()) {
            throw new VfioException(Errno.ENOTTY, "no reset of its own");
        }
        deviceResets++;
        onDeviceReset.run();
    }

    @Override
    public void resetBus() {
        onPlatformReset.accept(ResetMethod.BUS);
        throw new VfioException(Errno.ENOTTY, "a root bus");
    }

    @Override
    public Set<ResetMethod> platformResets() {
        return platform;
    }

    @Override
    public void resetByPlatform(ResetMethod method) {
        onPlatformReset.accept(method);
    }

    @Override
    public boolean busResettable() {
        return busReset;
    }

    @Override
    public Listener listener(Listener next) {
        Listener before = listener;
        listener = next;
        return before;
    }
}
