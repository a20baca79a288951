// SPDX-License-Identifier: Apache-2.0
package examples.nic.vf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import examples.nic.api.NicCommands;
import examples.nic.model.NicModelFactory;
import examples.nic.pf.NicDriver;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.device.DeviceHandle;
import vfio.core.device.Region;
import vfio.hardware.emulated.FunctionDescription;
import vfio.hardware.emulated.config.PortType;
import vfio.pci.core.PciDriver;
import vfio.pci.core.PciFunctionOwner;
import vfio.pci.core.bus.PciFunction.Bar;
import vfio.pci.core.id.DeviceKey;
import vfio.testkit.Rig;

/** The drivers of a card's PF and of its VFs, each exchanged while a user reads what they know together. */
class NicVfDriverTest {
    private static final int MAC_REGION = 9;
    private static final long FIRST = 0x0000_4349_4e02L;
    private static final long SECOND = 0x0100_4349_4e02L;

    private final Rig pf = new Rig(card(), NicDriver::new).state("1").settings(Map.of("vfs", "2"));
    private volatile List<Map.Entry<Map<String, Object>, NicCommands>> offered = List.of();
    private Rig first;
    private Rig second;

    private static FunctionDescription card() {
        return FunctionDescription.builder(new DeviceKey(0x1234, 0x11f0, 0x1234, 0x1, 0x020000))
                .bar(new Bar(0, 4096, false, false, false)).bar(new Bar(2, 8192, false, false, false))
                .express(PortType.ENDPOINT).msix(2, 2, 0, 0x1000).model(NicModelFactory.MODEL)
                .sriov(4, 0x11f1, 1, 1, vf -> vf.bar(new Bar(0, 4096, false, false, false)).express(PortType.ENDPOINT)).build();
    }

    @BeforeEach
    void bind() {
        Rig.model(NicModelFactory.MODEL, new NicModelFactory());
        pf.bind();
        offered = List.of(Map.entry(Map.of(PciFunctionOwner.FUNCTION, pf.function().address().toString()),
                pf.offered(NicCommands.class)));
        first = pf.virtualFunction(0, this::driver).state("0");
        second = pf.virtualFunction(1, this::driver).state("0");
        first.bind();
        second.bind();
    }

    private PciDriver driver() {
        NicVfDriver driver = new NicVfDriver();
        driver.offered = offered;
        return driver;
    }

    @AfterEach
    void close() {
        second.close();
        first.close();
        pf.close();
    }

    @Test
    void regionShowsWhatTheFirmwareKnows() {
        try (DeviceHandle one = first.open(); DeviceHandle two = second.open()) {
            assertEquals(FIRST, one.region(MAC_REGION).read64(0));
            assertEquals(SECOND, two.region(MAC_REGION).read64(0));
            assertEquals((short) 0x0100, two.region(MAC_REGION).read16(4));
            one.region(MAC_REGION).write64(0, 7);
            assertEquals(FIRST, one.region(MAC_REGION).read64(0));
        }
    }

    /** Both drivers are exchanged, in turn, while users of two VFs read. */
    @Test
    void usersSeeNoExchange() throws Exception {
        AtomicBoolean ended = new AtomicBoolean();
        AtomicReference<Throwable> failure = new AtomicReference<>();
        AtomicLong reads = new AtomicLong();
        try (DeviceHandle one = first.open(); DeviceHandle two = second.open()) {
            List<Thread> users = List.of(user(one.region(MAC_REGION), FIRST, ended, failure, reads),
                    user(two.region(MAC_REGION), SECOND, ended, failure, reads));
            for (int i = 0; i < 20; i++) {
                exchange(pf);
                exchange(i % 2 == 0 ? first : second);
            }
            ended.set(true);
            for (Thread user : users) {
                user.join();
            }
        }
        assertNull(failure.get());
        assertTrue(reads.get() > 0);
    }

    private static Thread user(Region region, long expected, AtomicBoolean ended, AtomicReference<Throwable> failure,
            AtomicLong reads) {
        Thread user = new Thread(() -> {
            try {
                while (!ended.get()) {
                    assertEquals(expected, region.read64(0));
                    reads.incrementAndGet();
                }
            } catch (Throwable e) {
                failure.compareAndSet(null, e);
            }
        });
        user.start();
        return user;
    }

    /** A try that finds calls which do not end in time changes nothing; the next one comes later. */
    private static void exchange(Rig rig) {
        for (int tries = 0;; tries++) {
            try {
                rig.exchange();
                return;
            } catch (VfioException e) {
                if (e.errno() != Errno.EBUSY || tries > 50) {
                    throw e;
                }
            }
        }
    }

    @Test
    void vfOfAPfWithoutADriverIsNotOpened() {
        first.unbind();
        offered = List.of();
        first.bind();
        assertEquals(Errno.ENOTCONN, assertThrows(VfioException.class, first::open).errno());
    }
}
