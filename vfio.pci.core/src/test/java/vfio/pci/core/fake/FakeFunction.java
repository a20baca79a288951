// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.fake;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.pci.core.bus.HostBinding;
import vfio.pci.core.bus.HostDevice;
import vfio.pci.core.bus.HostFunction;
import vfio.pci.core.bus.PciBus.Virtualization;
import vfio.pci.core.bus.PciFunction;
import vfio.pci.core.bus.Side;
import vfio.pci.core.id.DeviceKey;
import vfio.pci.core.id.PciAddress;

/** A function whose facts a test sets. */
public class FakeFunction implements PciFunction {
    public final PciAddress address;
    public final DeviceKey key;
    public volatile int headerType;
    public volatile PciAddress physicalFunction;
    public volatile List<PciAddress> virtualFunctions = List.of();
    /** What setting a count of VFs does. */
    public volatile IntConsumer onVirtualFunctions = PciFunction.super::enableVirtualFunctions;
    public volatile boolean autoprobe = true;
    public volatile Host host;
    public volatile OptionalInt group = OptionalInt.of(1);
    /** Empty configuration space, unless a test has better. */
    public volatile ConfigSpace config = new Nothing();
    /** As its bus says. */
    public volatile Virtualization virtualization = Virtualization.RAW;
    public volatile List<Bar> bars = List.of(new Bar(0, 4096, false, false, false));
    /** What a RAW bus gives. */
    public volatile FakeHardware raw = new FakeHardware(FakeLines.none(), 4096);
    /** What changes what its host has bound it to. */
    public volatile HostBinding hostBinding;
    /** What a HOST bus opens. */
    public volatile HostDevice onHost;
    /** Whether its host takes VF tokens, any. */
    public volatile boolean tokens;
    /** The VF token of the last open on the host. */
    public volatile Optional<UUID> openedWith;
    /** How often its key was asked for: once or so each time it is matched. */
    public final AtomicInteger keyReads = new AtomicInteger();

    public FakeFunction(String address, int vendor, int device) {
        this(address, new DeviceKey(vendor, device, vendor, 1, 0x020000));
    }

    public FakeFunction(String address, DeviceKey key) {
        this.address = PciAddress.parse(address);
        this.key = key;
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
        return bars;
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
