// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;
import vfio.core.Errno;
import vfio.core.SharedMemory;
import vfio.core.VfioException;
import vfio.pci.core.bus.HostBinding;
import vfio.pci.core.bus.HostDevice;
import vfio.pci.core.bus.HostFunction;
import vfio.pci.core.bus.PciBus.Virtualization;
import vfio.pci.core.bus.PciFunction;
import vfio.pci.core.bus.RawHardware;
import vfio.pci.core.bus.Side;
import vfio.pci.core.id.DeviceKey;
import vfio.pci.core.id.PciAddress;

/** A function whose facts a test sets. */
public final class FakeFunction implements PciFunction {
    final PciAddress address;
    final DeviceKey key;
    public volatile int headerType;
    public volatile PciAddress physicalFunction;
    volatile List<PciAddress> virtualFunctions = List.of();
    /** What setting a count of VFs does. */
    volatile IntConsumer onVirtualFunctions = PciFunction.super::enableVirtualFunctions;
    volatile boolean autoprobe = true;
    volatile Host host;
    volatile OptionalInt group = OptionalInt.of(1);
    /** Empty configuration space, unless a test has better. */
    public volatile ConfigSpace config = new Nothing();
    /** As its bus says. */
    volatile Virtualization virtualization = Virtualization.RAW;
    volatile RawHardware raw = new FakeHardware(this);
    /** What changes what its host has bound it to. */
    volatile HostBinding hostBinding;
    /** What a HOST bus opens. */
    volatile HostDevice onHost;
    /** Whether its host takes VF tokens, any. */
    volatile boolean tokens;
    /** The VF token of the last open on the host. */
    volatile Optional<UUID> openedWith;
    /** How often its key was asked for: once or so each time it is matched. */
    final AtomicInteger keyReads = new AtomicInteger();

    public FakeFunction(String address, int vendor, int device) {
        this.address = PciAddress.parse(address);
        key = new DeviceKey(vendor, device, vendor, 1, 0x020000);
    }

    @Override
    public PciAddress address() {
        return address;
    }

    @Override
    public DeviceKey key() {
        keyReads.incrementAndGet();
        return key;
    }

    @Override
    public int revision() {
        return 1;
    }

    @Override
    public int headerType() {
        return headerType;
    }

    @Override
    public ConfigSpace config() {
        return config;
    }

    @Override
    public List<Bar> bars() {
        return List.of(new Bar(0, 4096, false, false, false));
    }

    SharedMemory barMemory(int bar) {
        if (bar != 0) {
            throw new VfioException(Errno.EINVAL, "no such BAR");
        }
        return memory;
    }

    private final SharedMemory memory = memory();

    private static SharedMemory memory() {
        ByteBuffer memory = ByteBuffer.allocateDirect(4096);
        return new SharedMemory() {
            @Override
            public long size() {
                return memory.capacity();
            }

            @Override
            public ByteBuffer window(int index) {
                return memory;
            }

            @Override
            public void close() {
            }
        };
    }

    @Override
    public Side side() {
        return virtualization == Virtualization.RAW ? raw : (HostFunction) this::openedOnHost;
    }

    private HostDevice openedOnHost(Optional<UUID> token) {
        openedWith = token;
        if (token.isPresent() && !tokens) {
            throw new VfioException(Errno.EINVAL, "its host takes no VF token");
        }
        if (onHost == null) {
            throw new VfioException(Errno.EOPNOTSUPP, "its host does not open it");
        }
        return onHost;
    }

    @Override
    public OptionalInt iommuGroup() {
        return group;
    }

    @Override
    public Optional<PciAddress> physicalFunction() {
        return Optional.ofNullable(physicalFunction);
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
    public boolean driversAutoprobe() {
        return autoprobe;
    }

    @Override
    public Optional<Host> host() {
        return Optional.ofNullable(host);
    }

    @Override
    public Optional<HostBinding> hostBinding() {
        return Optional.ofNullable(hostBinding);
    }

    private static final class Nothing implements ConfigSpace {
        @Override
        public int size() {
            return 256;
        }

        @Override
        public int read(int offset, int width) {
            return 0;
        }

        @Override
        public void write(int offset, int width, int value) {
        }
    }
}
