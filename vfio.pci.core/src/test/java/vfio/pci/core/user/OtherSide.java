// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.user;

import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import vfio.core.Errno;
import vfio.core.EventSignal;
import vfio.core.IrqRequest;
import vfio.core.SharedMemory;
import vfio.core.VfioException;
import vfio.core.device.MemoryRegion;
import vfio.core.device.RegionOperations;
import vfio.core.device.VfioUser;
import vfio.core.dma.DmaBuffer;
import vfio.core.dma.DmaSpace;
import vfio.core.info.DeviceInfo;
import vfio.core.info.IrqInfo;
import vfio.core.info.RegionPart;
import vfio.core.info.SparseMmap;
import vfio.core.iova.IovaRange;
import vfio.pci.core.bus.HostDevice;
import vfio.pci.core.bus.HostFunction;
import vfio.pci.core.bus.PciFunction;
import vfio.pci.core.id.IrqIndex;
import vfio.pci.core.id.PciAddress;
import vfio.pci.core.standalone.StandaloneFunction;

/**
 * The other side of a HOST bus with one function: BAR 0 is memory of 8 KiB, BAR 2 memory of which a part can be mapped, BAR 4
 * plain registers, BAR 5 not there. It notes what is done to it, in order.
 */
final class OtherSide implements HostDevice, DmaSpace {
    static final String NAME = "0000:01:00.0";
    static final int VECTORS = 4;

    final List<String> calls = new CopyOnWriteArrayList<>();
    final Map<Integer, EventSignal> wired = new TreeMap<>();
    final Map<Long, DmaBuffer> mapped = new TreeMap<>();
    /** Addresses that another function of the same space has. */
    final Set<Long> others = new TreeSet<>();
    final ByteBuffer bar = ByteBuffer.allocateDirect(8192).order(ByteOrder.LITTLE_ENDIAN);
    Errno refuses;
    Errno mapFails;
    Errno unmapFails;
    int fewer;
    /** Comes after interrupts were wired, before anybody knows. */
    Runnable onWired = () -> { };
    boolean closed;

    FunctionHandle open() {
        return StandaloneFunction.open(function(), VfioUser.named("test"), memory());
    }

    /** Memory whose end is noted. */
    SharedMemory.Source memory() {
        return (name, size) -> new Noted(SharedMemory.ofProcess(size));
    }

    PciFunction function() {
        return (PciFunction) Proxy.newProxyInstance(OtherSide.class.getClassLoader(),
                new Class<?>[] {PciFunction.class}, (proxy, method, arguments) -> switch (method.getName()) {
                    case "address" -> PciAddress.parse(NAME);
                    case "side" -> (HostFunction) token -> opened();
                    case "virtualFunctions" -> List.of();
                    default -> throw new AssertionError(method);
                });
    }

    private HostDevice opened() {
        if (refuses != null) {
            throw new VfioException(refuses, "open: the other side refuses");
        }
        return this;
    }

    @Override
    public DeviceInfo info() {
        return new DeviceInfo(DeviceInfo.PCI, 9, 5, List.of());
    }

    @Override
    public RegionOperations region(int index) {
        SharedMemory memory = new Memory(bar);
        return switch (index) {
            case 0 -> new MemoryRegion(memory);
            case 2 -> new MemoryRegion(memory, List.of(new SparseMmap(new RegionPart(4096, 4096))
                    .capability()), 0, 0);
            case 4, 7 -> new Plain();
            case 1, 3, 5, 6, 8 -> new Plain() {
                @Override
                public long size() {
                    return 0;
                }
            };
            default -> throw new VfioException(Errno.EINVAL, "no region " + index);
        };
    }

    @Override
    public IrqInfo irqInfo(int index) {
        return new IrqInfo(index, IrqInfo.EVENTFD, index == IrqIndex.MSIX ? VECTORS : index == IrqIndex.ERR ? 0 : 1);
    }

    @Override
    public int setIrqs(IrqRequest request) {
        calls.add("irq " + request.index() + " " + request.action() + " " + request.start() + "+" + request.count());
        if (fewer > 0) {
            return fewer;
        }
        for (int i = 0; i < request.count() && request.data() == IrqRequest.DATA_EVENTFD; i++) {
            wired.put(request.index() << 8 | request.start() + i, request.signal(i));
        }
        onWired.run();
        return 0;
    }

    void raise(int index, int vector) {
        wired.get(index << 8 | vector).signal();
    }

    @Override
    public void reset() {
        calls.add("reset");
    }

    @Override
    public void close() {
        calls.add("close");
        closed = true;
    }

    @Override
    public DmaSpace dma() {
        return this;
    }

    @Override
    public List<IovaRange> usable() {
        return List.of(new IovaRange(0, 0xffff), new IovaRange(0x1_0000_0000L, 0x1_0000_ffffL));
    }

    @Override
    public long alignment() {
        return 8192;
    }

    @Override
    public void map(DmaBuffer buffer, long offset, long size, long iova, int access) {
        if (others.contains(iova)) {
            throw new VfioException(Errno.EEXIST, "map: something is there");
        }
        if (mapFails != null) {
            throw new VfioException(mapFails, "map: made to fail");
        }
        buffer.pin(offset, size, true);
        mapped.put(iova, buffer);
    }

    @Override
    public void unmap(long iova, long size) {
        calls.add("unmap");
        if (unmapFails != null) {
            throw new VfioException(unmapFails, "unmap: made to fail");
        }
        mapped.remove(iova).unpin();
    }

    /** Registers that remember, in the upper half of the bytes that BAR 0 has in its lower. */
    private class Plain implements RegionOperations {
        @Override
        public long size() {
            return 4096;
        }

        @Override
        public long read(long position, int width) {
            long value = 0;
            for (int i = width - 1; i >= 0; i--) {
                value = value << 8 | bar.get(4096 + (int) position + i) & 0xff;
            }
            return value;
        }

        @Override
        public void write(long position, int width, long value) {
            for (int i = 0; i < width; i++) {
                bar.put(4096 + (int) position + i, (byte) (value >>> 8 * i));
            }
        }
    }

    private record Memory(ByteBuffer bytes) implements SharedMemory {
        @Override
        public long size() {
            return bytes.capacity();
        }

        @Override
        public ByteBuffer window(int index) {
            return bytes;
        }

        @Override
        public void close() {
        }
    }

    /** Memory for DMA, whose end is noted. */
    private final class Noted implements SharedMemory {
        private final SharedMemory memory;

        Noted(SharedMemory memory) {
            this.memory = memory;
        }

        @Override
        public long size() {
            return memory.size();
        }

        @Override
        public ByteBuffer window(int index) {
            return memory.window(index);
        }

        @Override
        public void close() {
            calls.add("free");
        }
    }
}
