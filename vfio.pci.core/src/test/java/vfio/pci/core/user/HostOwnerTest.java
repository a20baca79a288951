// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.user;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.device.DeviceSet;
import vfio.core.device.DriverState;
import vfio.core.driver.DriverWorker;
import vfio.pci.core.PciFunctionOwner;
import vfio.pci.core.VfioPciDevice;
import vfio.pci.core.bus.HostFunction;
import vfio.pci.core.bus.PciFunction;
import vfio.pci.core.id.IrqIndex;
import vfio.pci.core.id.PciDeviceId;
import vfio.pci.core.internal.assembly.Assembly;
import vfio.pci.core.internal.assembly.DriverService;
import vfio.pci.core.internal.assembly.StateVersions;
import vfio.pci.core.internal.function.HostBackend;

/** A driver uses a function of a host itself: the core opens it there, and keeps it open over an exchange. */
class HostOwnerTest {
    private final OtherSide other = new OtherSide();
    private final DriverWorker worker = new DriverWorker("acme", fault -> { });
    private final List<Owner> owners = new ArrayList<>();
    private Assembly assembly;

    /** Uses all that there is of a function. */
    private static class Owner implements PciFunctionOwner {
        final AtomicInteger heard = new AtomicInteger();
        private final VfioPciDevice device;
        Registers mapped;
        Registers plain;
        DmaMemory memory;
        List<Interrupt> messages;

        Owner(VfioPciDevice device) {
            this.device = device;
        }

        @Override
        public VfioPciDevice device() {
            return device;
        }

        @Override
        public void start() {
            mapped = device.bar(0);
            plain = device.bar(4);
            memory = device.dma("ring", 8192);
            messages = device.msix(2);
            messages.get(0).listen(heard::incrementAndGet);
            device.memory("shared", 4096);
        }
    }

    private void bind() {
        PciFunction function = other.function();
        HostBackend backend = new HostBackend(function, (HostFunction) function.side(), null);
        assembly = Assembly.of(function, backend, service(), PciDeviceId.MATCH_ALL, Map.of(),
                new Assembly.Place("host", new DeviceSet.Registry(), "host", () -> { }, other.memory()));
    }

    private DriverService service() {
        return new DriverService("acme", DriverService.Declared.OWNER, StateVersions.parse("0"),
                DriverService.Source.of((device, id) -> {
                    owners.add(new Owner(device));
                    return owners.get(owners.size() - 1);
                }), worker, () -> Duration.ofSeconds(10));
    }

    private void exchange() {
        assembly.exchange(service(), PciDeviceId.MATCH_ALL, Map.of(), () -> { });
    }

    private long count(String call) {
        return other.calls.stream().filter(call::equals).count();
    }

    @AfterEach
    void close() {
        if (assembly != null) {
            assembly.dismantle(Duration.ofSeconds(10));
            assertEquals(1, count("close"));
            assertEquals(2, count("free"), other.calls.toString());
            assertEquals(Map.of(), other.mapped);
            assertTrue(other.calls.indexOf("close") < other.calls.indexOf("free"), other.calls.toString());
        }
        worker.close();
    }

    @Test
    void functionIsOpenAndAMaster() {
        bind();
        Owner owner = owners.get(0);
        assertEquals(4, other.region(7).read(4, 2) & 4);
        owner.mapped.write32(0, 7);
        assertEquals(7, other.bar.getInt(0));
        owner.plain.write32(8, 9);
        assertEquals(9, other.region(4).read(8, 4));
        assertSame(other.mapped.get(owner.memory.iova()).view(), owner.memory.view());
        other.raise(IrqIndex.MSIX, 0);
        assertEquals(1, owner.heard.get());
    }

    @Test
    void messageThatComesAsItIsSetUpIsHeard() {
        other.onWired = () -> {
            other.onWired = () -> { };
            other.raise(IrqIndex.MSIX, 0);
            other.raise(IrqIndex.MSIX, 1);
        };
        bind();
        assertEquals(1, owners.get(0).heard.get());
        assertEquals(1, owners.get(0).messages.get(1).take());
    }

    @Test
    void exchangeDoesNothingToTheHostsDevice() {
        bind();
        Owner former = owners.get(0);
        List<String> before = List.copyOf(other.calls);
        other.raise(IrqIndex.MSIX, 1);
        exchange();
        Owner next = owners.get(1);
        assertEquals(before, other.calls);
        assertEquals(former.memory.iova(), next.memory.iova());
        assertEquals(1, next.messages.get(1).take());
        other.raise(IrqIndex.MSIX, 0);
        assertEquals(List.of(0, 1), Stream.of(former, next).map(owner -> owner.heard.get()).toList());
        next.mapped.write32(0, 8);
        assertEquals(8, other.bar.getInt(0));
        former.mapped.write32(0, 9);
        assertEquals(8, other.bar.getInt(0), "mapped registers of a version that has let go drop writes");
        assertEquals(-1, former.mapped.read32(0));
    }

    @Test
    void hundredExchangesKeepOneOfEach() {
        bind();
        for (int i = 0; i < 100; i++) {
            exchange();
        }
        assertEquals(1, other.mapped.size());
        assertEquals(0, count("free"));
    }

    private void refusedBind(Errno errno) {
        assertEquals(errno, assertThrows(VfioException.class, this::bind).errno());
        assertEquals(Map.of(), other.mapped);
        assertFalse(other.calls.contains("free") && !other.calls.contains("close"), other.calls.toString());
    }

    @Test
    void hostThatRefusesRefusesTheBind() {
        other.refuses = Errno.EBUSY;
        refusedBind(Errno.EBUSY);
        assertEquals(List.of(), other.calls);
    }

    @Test
    void memoryThatCannotBeMappedRefusesTheBind() {
        other.mapFails = Errno.ENOMEM;
        refusedBind(Errno.ENOMEM);
        assertEquals(1, count("close"));
        assertEquals(1, count("free"));
    }

    @Test
    void fewerMessagesRefuseTheBind() {
        other.fewer = 1;
        refusedBind(Errno.ENOSPC);
        assertEquals(1, count("close"));
        assertEquals(1, count("free"));
    }

    @Test
    void unmapThatFailsFreesAllTheSame() {
        bind();
        other.unmapFails = Errno.EIO;
        VfioException refusal = assertThrows(VfioException.class, () -> owners.get(0).memory.close());
        assertEquals(Errno.EIO, refusal.errno());
        other.unmapFails = null;
    }

    @Test
    void takeOverThatFailsLeavesNoMemory() {
        bind();
        DriverService failing = new DriverService("acme", DriverService.Declared.OWNER, StateVersions.parse("0"),
                DriverService.Source.of((device, id) -> new Owner(device) {
                    @Override
                    public void takeOver(DriverState state) {
                        start();
                        device.dma("more", 4096);
                        throw new VfioException(Errno.ENXIO, "no");
                    }
                }), worker, () -> Duration.ofSeconds(10));
        assertEquals(Errno.ENXIO, assertThrows(VfioException.class,
                () -> assembly.exchange(failing, PciDeviceId.MATCH_ALL, Map.of(), () -> { })).errno());
        assertEquals(1, other.mapped.size());
        assertEquals(1, count("free"));
        other.calls.remove("free");
        owners.get(0).plain.write32(0, 3);
        assertEquals(3, owners.get(0).plain.read32(0));
    }
}
