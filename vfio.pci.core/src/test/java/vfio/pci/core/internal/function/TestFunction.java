// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.function;

import static vfio.pci.core.internal.config.HardwareImage.body;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import vfio.core.Errno;
import vfio.core.SharedMemory;
import vfio.core.VfioException;
import vfio.core.device.MemoryRegion;
import vfio.core.device.RegionOperations;
import vfio.pci.core.bus.InterruptLines;
import vfio.pci.core.bus.PciFunction;
import vfio.pci.core.bus.RawHardware;
import vfio.pci.core.id.DeviceKey;
import vfio.pci.core.id.PciAddress;
import vfio.pci.core.id.ResetMethod;
import vfio.pci.core.internal.config.HardwareImage;
import vfio.pci.core.internal.irq.FakeLines;

/** A function of raw hardware: two BARs of memory, of which the second has an MSI-X table, ports, a ROM, PM and FLR. */
final class TestFunction implements PciFunction, RawHardware {
    static final int BAR0 = 8192;
    static final int TABLE_BAR = 2;
    static final int PORTS = 4;

    final HardwareImage config;
    final FakeLines lines = new FakeLines();
    final int pm;
    final int express;
    volatile Quirks quirks = Quirks.NONE;
    volatile RegionOperations vga;
    volatile Listener listener;
    volatile Runnable onDeviceReset = () -> { };
    volatile List<PciAddress> virtualFunctions = List.of();
    volatile IntConsumer onVirtualFunctions = count -> { };
    volatile Consumer<ResetMethod> onPlatformReset = method -> { };
    Set<ResetMethod> platform = Set.of();
    boolean busReset;
    int deviceResets;
    volatile List<Bar> bars = List.of(new Bar(0, BAR0, false, true, true), new Bar(TABLE_BAR, 4096, false, false, false),
            new Bar(PORTS, 32, true, false, false));
    /** In place of memory. */
    final RegionOperations[] registers = new RegionOperations[6];
    volatile Optional<PciAddress> physical = Optional.empty();
    volatile RegionOperations rom;
    volatile long romSize = 0x10000;
    volatile boolean romShadowed;
    private final SharedMemory[] memory = {memory(BAR0), null, memory(4096), null, memory(32)};
    private final int classCode;

    TestFunction() {
        this(0x020000);
    }

    TestFunction(int classCode) {
        this(classCode, 4096);
    }

    TestFunction(int classCode, int configSize) {
        config = new HardwareImage(configSize);
        SharedMemory image = memory(100);
        image.window(0).putInt(0, 0x1234aa55);
        rom = new MemoryRegion(image);
        this.classCode = classCode;
        config.u32(0x10, 0xe000000c).rw(0x10, 8, -1).u32(0x18, 0xfe000000).rw(0x18, 4, -1).u32(0x20, 0xc001).rw(0x20, 4, -1);
        pm = config.standard(0x01, body(6, 0, 3));
        config.rw(pm + 4, 2, 3);
        express = config.standard(0x10, body(0x32, 0, 2, 4, 1 << 12));
        config.rw(express + 8, 2, 0x7fff);
        config.standard(0x11, body(10, 0, 3, 2, 0x0802));
        config.standard(0x05, body(8, 0, 0x0086));
    }

    static SharedMemory memory(int size) {
        ByteBuffer buffer = ByteBuffer.allocateDirect(size).order(ByteOrder.LITTLE_ENDIAN);
        return new SharedMemory() {
            @Override
            public long size() {
                return size;
            }

            @Override
            public ByteBuffer window(int index) {
                return buffer;
            }

            @Override
            public void close() {
            }
        };
    }

    int command() {
        return config.get(4, 2);
    }

    int powerState() {
        return config.get(pm + 4, 2) & 3;
    }

    /** How often a function level reset was asked for. */
    long resets() {
        return config.writes.stream().filter(write -> write.startsWith("%x+2=".formatted(express + 8))
                && (Integer.parseInt(write.substring(write.indexOf('=') + 1), 16) & 0x8000) != 0).count();
    }

    @Override
    public PciAddress address() {
        return PciAddress.parse("0000:01:00.0");
    }

    @Override
    public DeviceKey key() {
        return new DeviceKey(0x15b3, 0x101e, 0x15b3, 0x51, classCode);
    }

    @Override
    public int revision() {
        return 1;
    }

    @Override
    public int headerType() {
        return 0;
    }

    @Override
    public ConfigSpace config() {
        return config;
    }

    @Override
    public List<Bar> bars() {
        return bars;
    }

    SharedMemory barMemory(int bar) {
        return memory[bar];
    }

    @Override
    public OptionalInt iommuGroup() {
        return OptionalInt.of(1);
    }

    @Override
    public Optional<PciAddress> physicalFunction() {
        return physical;
    }

    @Override
    public List<PciAddress> virtualFunctions() {
        return virtualFunctions;
    }

    @Override
    public void enableVirtualFunctions(int count) {
        onVirtualFunctions.accept(count);
    }

    @Override
    public RawHardware side() {
        return this;
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
