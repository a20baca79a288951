// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import vfio.core.Errno;
import vfio.core.EventSignal;
import vfio.core.IrqRequest;
import vfio.core.VfioException;
import vfio.core.device.DeviceHandle;
import vfio.core.device.Mapping;
import vfio.core.device.MemoryRegion;
import vfio.core.device.Region;
import vfio.core.device.RegionOperations;
import vfio.core.device.VfioUser;
import vfio.core.info.DeviceInfo;
import vfio.core.info.InfoCapability;
import vfio.core.info.IrqInfo;
import vfio.core.info.RegionInfo;
import vfio.pci.core.Opening;
import vfio.pci.core.VfioPciDevice;
import vfio.pci.core.VfioPciOperations;
import vfio.pci.core.bus.HostDevice;
import vfio.pci.core.bus.PciBus.Virtualization;
import vfio.pci.core.bus.PciFunction;
import vfio.pci.core.fake.FakeDriver;
import vfio.pci.core.fake.FakeFunction;
import vfio.pci.core.internal.TestCore.Settings;
import vfio.pci.core.internal.slot.Functions;

/** Functions that the other side virtualizes: everything is forwarded, what a driver claims or adds lies over it. */
class HostBusTest {
    private static final String NAME = "0000:01:00.0";
    private static final int CONFIG = 7;

    private final TestCore core = new TestCore(new Settings("merged", 60_000, 60_000), Virtualization.HOST);
    private final FakeFunction function = core.plug(NAME, 1, 2);
    private final OtherSide other = new OtherSide();

    /** What the other side answers. */
    private final class OtherSide implements HostDevice {
        private final List<String> calls = new ArrayList<>();
        private final byte[] config = new byte[256];
        private EventSignal signal;
        private Errno fails;

        @Override
        public DeviceInfo info() {
            return new DeviceInfo(DeviceInfo.PCI | DeviceInfo.RESET, 10, 5, List.of(new InfoCapability(3, 1, (byte) 1)));
        }

        @Override
        public RegionOperations region(int index) {
            return switch (index) {
                case 0 -> new MemoryRegion(function.raw.memory[0]);
                case CONFIG -> new Config();
                case 9 -> new Config();
                default -> throw new VfioException(Errno.EINVAL, "the other side has no region " + index);
            };
        }

        @Override
        public IrqInfo irqInfo(int index) {
            return new IrqInfo(index, IrqInfo.EVENTFD, 2);
        }

        @Override
        public int setIrqs(IrqRequest request) {
            if (request.data() == IrqRequest.DATA_NONE && request.count() > 0) {
                throw request.refused(Errno.EINVAL, "nothing is wired");
            }
            calls.add("set " + request.index());
            signal = request.count() == 0 ? null : request.signal(0);
            return 0;
        }

        @Override
        public void reset() {
            calls.add("reset");
            if (fails != null) {
                throw new VfioException(fails, "the other side is locked");
            }
        }

        @Override
        public void close() {
            calls.add("close");
        }

        /** Bytes that remember, as wide as they are accessed. */
        private final class Config implements RegionOperations {
            @Override
            public long size() {
                return config.length;
            }

            @Override
            public int widest() {
                return 4;
            }

            @Override
            public boolean whole() {
                return true;
            }

            @Override
            public long read(long position, int width) {
                calls.add("read %x+%d".formatted(position, width));
                long value = 0;
                for (int i = width - 1; i >= 0; i--) {
                    value = value << 8 | config[(int) position + i] & 0xff;
                }
                return value;
            }

            @Override
            public void write(long position, int width, long value) {
                calls.add("write %x+%d=%x".formatted(position, width, value));
                for (int i = 0; i < width; i++) {
                    config[(int) position + i] = (byte) (value >>> 8 * i);
                }
            }
        }
    }

    /** Claims the bytes at 0xfc and adds a region, as an IGD's driver does. */
    private static final class Claiming extends VfioPciOperations {
        private final RegionOperations added;

        private Claiming(VfioPciDevice device, RegionOperations added) {
            super(device);
            this.added = added;
        }

        @Override
        protected void openDevice(Opening opening) {
            opening.claimConfig(0xfd, (byte) 0x11, (byte) 0x22);
            opening.addRegion(VfioPciDevice.PCI_VENDOR_TYPE | 0x8086, 1, added);
        }

        @Override
        protected List<InfoCapability> infoCapabilities() {
            return List.of(new InfoCapability(5, 1));
        }
    }

    @BeforeEach
    void bind() {
        function.onHost = other;
        core.arrives(FakeDriver.flagged("gen", "*:*"));
        core.admin.bind(NAME, "gen", false);
        for (int i = 0; i < other.config.length; i++) {
            other.config[i] = (byte) i;
        }
    }

    @AfterEach
    void end() {
        core.close();
    }

    private DeviceHandle open() {
        return core.programs.open(NAME, VfioUser.named("user"));
    }

    private void bindClaiming() {
        core.admin.unbind(NAME);
        FakeDriver vendor = FakeDriver.flagged("vendor", "1:2");
        vendor.onProbe = device -> new Claiming(device, new MemoryRegion(function.raw.memory[0]));
        core.arrives(vendor);
        core.admin.bind(NAME, "vendor", false);
    }

    @Test
    void functionThatItsHostKeepsIsNotBound() {
        core.admin.unbind(NAME);
        List<PciFunction.KernelDriver> vfio = List.of(new PciFunction.KernelDriver("vfio_pci", "vfio-pci", null));
        function.host = new PciFunction.Host("nvme", null, vfio);
        VfioException kept = assertThrows(VfioException.class, () -> core.admin.bind(NAME, "gen", false));
        assertEquals(Errno.EBUSY, kept.errno());
        assertTrue(kept.getMessage().contains("driver nvme of its host has it; bind it to vfio-pci there"),
                kept.getMessage());
        function.host = new PciFunction.Host(null, null, vfio);
        assertEquals(Errno.ENODEV, TestCore.errno(() -> core.admin.bind(NAME, "gen", false)));
        function.host = new PciFunction.Host("vfio-pci", null, vfio);
        core.admin.bind(NAME, "gen", false);
        open().close();
    }

    @Test
    void everythingIsForwardedUnchanged() {
        DeviceHandle handle = open();
        assertEquals(other.info(), handle.info());
        Region config = handle.region(CONFIG);
        assertEquals(0x07060504, config.read32(4));
        config.write16(4, (short) 0x406);
        Mapping mapping = handle.map(0);
        mapping.write32(0, 7);
        assertEquals(7, handle.region(0).read32(0));
        EventSignal signal = EventSignal.calling(() -> { });
        handle.setIrqs(IrqRequest.trigger(2, 0, signal));
        assertEquals(signal, other.signal);
        assertEquals(2, handle.irqInfo(1).count());
        handle.reset();
        handle.close();
        assertEquals(List.of("read 4+4", "write 4+2=406", "set 2", "reset", "close"), other.calls);
        assertEquals(-1, mapping.read32(0));
    }

    @Test
    void errnoOfTheOtherSideReachesTheUser() {
        DeviceHandle handle = open();
        other.fails = Errno.EAGAIN;
        assertEquals(Errno.EAGAIN, TestCore.errno(handle::reset));
        assertEquals(Errno.EINVAL, TestCore.errno(() -> handle.region(5)));
        assertEquals(Errno.EFAULT, TestCore.errno(() -> handle.region(CONFIG).read32(254)));
        assertEquals(Errno.ENODEV, TestCore.errno(() -> core.programs.hotResetInfo(handle)));
    }

    @Test
    void openThatTheOtherSideRefusesLeavesNothingOpen() {
        function.onHost = null;
        assertEquals(Errno.EOPNOTSUPP, TestCore.errno(this::open));
        assertEquals(List.of(), core.admin.function(NAME).users());
        function.onHost = other;
        open().close();
        assertEquals(List.of("close"), other.calls);
    }

    @Test
    void claimedBytesAreServedHereAndTheOthersThere() {
        bindClaiming();
        DeviceHandle handle = open();
        Region config = handle.region(CONFIG);
        assertEquals(0xff2211fc, config.read32(0xfc));
        assertEquals(List.of("read fc+1", "read ff+1"), other.calls.stream().sorted().toList());
        other.calls.clear();
        config.write32(0xfc, 0x04030201);
        assertEquals(List.of("write fc+1=1", "write ff+1=4"), other.calls);
        assertEquals(0x04030201, config.read32(0xfc));
        assertArrayEquals(new byte[] {1, (byte) 0xfd, (byte) 0xfe, 4},
                java.util.Arrays.copyOfRange(other.config, 0xfc, 0x100));
        other.calls.clear();
        assertEquals(0xfbfaf9f8, config.read32(0xf8));
        assertEquals(List.of("read f8+4"), other.calls, "what is not claimed is not cut");
        ByteBuffer all = ByteBuffer.allocate(256);
        assertEquals(256, config.read(0, all));
        assertEquals(2, all.get(0xfd));
    }

    @Test
    void addedRegionsComeBehindThoseOfTheOtherSide() {
        bindClaiming();
        DeviceHandle handle = open();
        assertEquals(11, handle.info().regions());
        assertEquals(List.of(3, 5), handle.info().capabilities().stream().map(InfoCapability::id).toList());
        assertEquals(256, handle.regionInfo(9).size());
        RegionInfo added = handle.regionInfo(10);
        assertEquals(4096, added.size());
        assertTrue(added.capabilities().stream().anyMatch(c -> c.id() == RegionInfo.CAP_TYPE));
        handle.region(10).write32(0, 0x42);
        assertEquals(0x42, handle.region(10).read32(0));
        assertEquals(Errno.EINVAL, TestCore.errno(() -> handle.region(11)));
    }

    @Test
    void claimsAndRegionsEndWithTheLastClose() {
        bindClaiming();
        DeviceHandle handle = open();
        handle.region(CONFIG).write8(0xfd, (byte) 0x77);
        handle.close();
        DeviceHandle next = open();
        assertEquals(11, next.info().regions());
        assertEquals(0x11, next.region(CONFIG).read8(0xfd));
    }
}
