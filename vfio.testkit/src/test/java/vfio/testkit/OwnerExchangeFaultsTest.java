// SPDX-License-Identifier: Apache-2.0
package vfio.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.device.DriverState;
import vfio.pci.core.PciDriver;
import vfio.pci.core.PciFunctionOwner;
import vfio.pci.core.VfioPciDevice;
import vfio.pci.core.VfioPciOperations;
import vfio.pci.core.id.PciDeviceId;

/** An owner that fails, hangs or asks for other parts while its function goes over: the owner of before goes on. */
class OwnerExchangeFaultsTest extends ExchangedOwner {
    @Test
    void interruptsInThePauseAreTheFormersWhereItStays() {
        bind(Doubling::new, device -> new Doubling(device) {
            @Override
            public void takeOver(DriverState state) {
                super.takeOver(state);
                rig.raise(1);
                throw new VfioException(Errno.EIO, "no");
            }
        });
        rig.raise(1);
        assertEquals(Errno.EIO, refused().errno());
        assertEquals(2, owner(0).messages.get(1).take());
        goesOn();
    }

    @Test
    void versionThatFailsInTakeOverLetsGo() {
        bind(Doubling::new, device -> new Doubling(device) {
            @Override
            public void takeOver(DriverState state) {
                super.takeOver(state);
                device.dma("more", 8192);
                throw new IllegalStateException("no");
            }
        });
        assertEquals(Errno.EIO, refused().errno());
        goesOn();
        Doubling failed = owner(1);
        assertEquals(List.of("takeOver 1", "remove"), failed.calls);
        assertEquals(Errno.ENODEV, assertThrows(VfioException.class, () -> failed.device.bar(0)).errno());
        failed.memory.close();
        assertEquals(12, rig.offered(Doubler.class).doubled(6));
        rig.exchange();
        assertEquals(14, rig.offered(Doubler.class).doubled(7));
    }

    @Test
    void versionThatHandsNothingOverStays() {
        bind(device -> new Doubling(device) {
            @Override
            public DriverState handOver(int version) {
                return null;
            }
        });
        assertEquals(Errno.EINVAL, refused().errno());
        goesOn();
    }

    @Test
    void versionThatDoesNotAskForMemoryIsRefused() {
        refusedFor("named commands", device -> new Doubling(device) {
            @Override
            public void takeOver(DriverState state) {
                device.bar(0);
                device.msix(2);
                device.offer(Doubler.class, this, Map.of());
            }
        });
    }

    @Test
    void versionThatDoesNotAskForMessagesIsRefused() {
        refusedFor("2 MSI-X messages", device -> new Doubling(device) {
            @Override
            public void takeOver(DriverState state) {
                device.dma("commands", 4096);
                device.offer(Doubler.class, this, Map.of());
            }
        });
    }

    @Test
    void versionThatDoesNotOfferTheServiceIsRefused() {
        refusedFor("the service " + Doubler.class.getName(), device -> new Doubling(device) {
            @Override
            public void takeOver(DriverState state) {
                device.dma("commands", 4096);
                device.msix(2);
            }
        });
    }

    @Test
    void versionWithOtherMemoryIsRefused() {
        refusedFor("they are 4096", device -> new Doubling(device) {
            @Override
            public void takeOver(DriverState state) {
                device.dma("commands", 8192);
            }
        });
    }

    @Test
    void versionWithOtherMessagesIsRefused() {
        refusedFor("from 2 to 1", device -> new Doubling(device) {
            @Override
            public void takeOver(DriverState state) {
                device.msix(1);
            }
        });
    }

    private void refusedFor(String why, Version next) {
        bind(Doubling::new, next);
        VfioException refusal = refused();
        assertEquals(Errno.EINVAL, refusal.errno(), refusal.getMessage());
        assertTrue(refusal.getMessage().contains(why), refusal.getMessage());
        goesOn();
    }

    @Test
    void hungTakeOverCostsNobodyAnything() {
        CountDownLatch hung = new CountDownLatch(1);
        bind(Doubling::new, device -> new Doubling(device) {
            @Override
            public void takeOver(DriverState state) {
                super.takeOver(state);
                await(hung);
            }
        });
        assertEquals(Errno.EBUSY, refused().errno());
        goesOn();
        hung.countDown();
        rig.exchange();
        goesOnAs(2);
    }

    private void goesOnAs(int number) {
        assertSame(made.get(number), rig.binding());
        assertEquals(10, rig.offered(Doubler.class).doubled(5));
    }

    @Test
    void hungHandOverEndsTheServices() {
        CountDownLatch hung = new CountDownLatch(1);
        bind(device -> new Doubling(device) {
            @Override
            public DriverState handOver(int version) {
                await(hung);
                return super.handOver(version);
            }
        });
        Doubler service = rig.offered(Doubler.class);
        VfioException refusal = refused();
        assertEquals(VfioException.Kind.STUCK, refusal.kind());
        assertEquals(Errno.ENOTCONN, assertThrows(VfioException.class, () -> service.doubled(1)).errno());
        hung.countDown();
    }

    @Test
    void slowHandOverIsCalledOff() {
        CountDownLatch slow = new CountDownLatch(1);
        AtomicInteger handed = new AtomicInteger();
        bind(device -> new Doubling(device) {
            @Override
            public DriverState handOver(int version) {
                if (handed.getAndIncrement() == 0) {
                    await(slow);
                }
                return super.handOver(version);
            }

            @Override
            public void stay() {
                super.stay();
            }
        });
        Doubler service = rig.offered(Doubler.class);
        AtomicReference<VfioException> waited = new AtomicReference<>();
        Thread consumer = new Thread(() -> waited.set(assertThrows(VfioException.class, () -> {
            assertTrue(Doubling.comes(() -> handed.get() > 0));
            service.doubled(1);
        })));
        consumer.start();
        Thread end = new Thread(() -> {
            Doubling.comes(() -> waited.get() != null);
            slow.countDown();
        });
        end.start();
        assertEquals(Errno.EBUSY, refused().errno());
        assertEquals(Errno.EAGAIN, waited.get().errno(), "no call waits for more than a second");
        goesOn();
    }

    @Test
    void callThatDoesNotEndStandsInTheWay() throws Exception {
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch end = new CountDownLatch(1);
        bind(device -> new Doubling(device) {
            @Override
            public long doubled(long number) {
                inside.countDown();
                await(end);
                return number;
            }
        });
        Doubler service = rig.offered(Doubler.class);
        Thread consumer = new Thread(() -> service.doubled(1));
        consumer.start();
        assertTrue(inside.await(20, TimeUnit.SECONDS));
        assertEquals(Errno.EBUSY, refused().errno());
        end.countDown();
        consumer.join();
        rig.exchange();
        assertEquals(2, service.doubled(1));
    }

    @Test
    void vfioDriverDoesNotTakeOverFromAnOwner() {
        bind();
        Rig other = new Rig(CommandModel.function(), () -> (PciDriver) (device, id) -> made.size() == 1 ? owner(device)
                : new VfioPciOperations(device), PciDeviceId.MATCH_ALL, Duration.ofSeconds(10)).state("1");
        try (other) {
            other.bind();
            assertEquals(Errno.EOPNOTSUPP, assertThrows(VfioException.class, other::exchange).errno());
            assertTrue(other.binding() instanceof PciFunctionOwner);
        }
    }

    private PciFunctionOwner owner(VfioPciDevice device) {
        Doubling owner = new Doubling(device);
        made.add(owner);
        return owner;
    }
}
