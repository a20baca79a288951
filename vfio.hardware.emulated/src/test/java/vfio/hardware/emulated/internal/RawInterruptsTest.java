// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.internal;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static vfio.hardware.emulated.internal.Buses.at;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.hardware.emulated.internal.function.EmulatedFunction;
import vfio.hardware.emulated.model.ModelPort;
import vfio.pci.core.bus.InterruptLines.Kind;
import vfio.pci.core.bus.InterruptLines;
import vfio.pci.core.bus.PciFunction.ConfigSpace;
import vfio.pci.core.bus.RawHardware.Quirks;
import vfio.pci.core.id.PciAddress;

class RawInterruptsTest {
    private static final PciAddress PLACE = at("01:00.0");
    private static final int COMMAND = 4;
    private static final int INTX_DISABLE = 0x400;
    private static final int STATUS = 6;
    private static final int MSIX_MASK_ALL = 0x4000;

    @TempDir
    Path directory;
    private final RecordingSink sink = new RecordingSink();
    private EmulatedBus bus;
    private EmulatedFunction function;
    private ConfigSpace config;
    private InterruptLines lines;

    private void plug(String rest) {
        bus = Buses.of("functions: [{address: 01:00.0, vendor: 8086, device: 10d3, class: 020000, pin: 1, bars: {0: 64K}, "
                + rest + "}]", directory);
        function = bus.function(PLACE);
        config = function.config();
        lines = function.side().interrupts();
    }

    @AfterEach
    void stop() {
        if (bus != null) {
            bus.deactivate();
        }
    }

    private int capability(int id) {
        return ChainWalk.standard(config).get(id);
    }

    private static Errno errno(Runnable act) {
        return assertThrows(VfioException.class, act::run).errno();
    }

    @Test
    void pinIsALevelThatStatusShows() {
        plug("numa: 0");
        lines.connect(Kind.INTX, 1, sink);
        bus.assertIntx(PLACE, true);
        assertEquals(1, sink.asserted.get());
        assertTrue(lines.asserted());
        assertEquals(8, config.read(STATUS, 2) & 8);
        bus.assertIntx(PLACE, false);
        assertEquals(1, sink.asserted.get(), "it does not tell that it fell");
        assertFalse(lines.asserted());
        assertEquals(0, config.read(STATUS, 2) & 8);
    }

    @Test
    void disabledPinComesWhenItIsEnabled() {
        plug("numa: 0");
        config.write(COMMAND, 2, INTX_DISABLE);
        lines.connect(Kind.INTX, 1, sink);
        bus.assertIntx(PLACE, true);
        assertEquals(0, sink.asserted.get());
        assertEquals(8, config.read(STATUS, 2) & 8, "STATUS shows it whatever COMMAND says");
        config.write(COMMAND, 2, 0);
        await().until(() -> sink.asserted.get() == 1);
    }

    @Test
    void pinThatIsAssertedComesAtOnceWhenConnected() {
        plug("numa: 0");
        bus.assertIntx(PLACE, true);
        lines.connect(Kind.INTX, 1, sink);
        assertEquals(1, sink.asserted.get());
    }

    @Test
    void pinThatIgnoresDisableComesAllTheSame() {
        plug("interrupts: {intx: unmaskable}");
        assertEquals(new Quirks(false, true, true, false), function.side().quirks());
        config.write(COMMAND, 2, INTX_DISABLE);
        lines.connect(Kind.INTX, 1, sink);
        bus.assertIntx(PLACE, true);
        assertEquals(1, sink.asserted.get());
    }

    @Test
    void pinThatLeadsNowhereIsNotAvailable() {
        plug("interrupts: {connected: false}");
        assertFalse(function.side().quirks().intxConnected());
        assertEquals(0, lines.available(Kind.INTX));
        assertEquals(Errno.ENOSPC, errno(() -> lines.connect(Kind.INTX, 1, sink)));
    }

    @ParameterizedTest
    @CsvSource({"1572,true", "1573,false", "1574,true", "1580,true", "1581,true", "1582,false", "1583,true", "158b,true",
        "158c,false", "37d0,true", "37d2,true", "37d3,false", "1563,true", "10d3,false"})
    void tableKnowsControllersWhosePinIsUnusable(String device, boolean unusable) {
        bus = Buses.of("functions: [{address: 01:00.0, vendor: 8086, device: " + device + ", class: 020000}]", directory);
        assertEquals(unusable, bus.function(PLACE).side().quirks().intxUnusable());
    }

    @Test
    void topologyOverridesTheTable() {
        bus = Buses.of("functions: [{address: 01:00.0, vendor: 8086, device: 1572, class: 020000, "
                + "interrupts: {intx: works}}]", directory);
        assertEquals(Quirks.NONE, bus.function(PLACE).side().quirks());
    }

    @Test
    void functionWithoutAPinAssertsNothing() {
        bus = Buses.of("functions: [{address: 01:00.0, vendor: 8086, device: 1, class: 020000}]", directory);
        bus.assertIntx(PLACE, true);
        assertFalse(bus.function(PLACE).side().interrupts().asserted());
        assertEquals(0, bus.function(PLACE).config().read(STATUS, 2) & 8);
    }

    @Test
    void connectEnablesMsiForAsManyAsNeeded() {
        plug("capabilities: [{msi: {vectors: 8}}]");
        lines.connect(Kind.MSI, 5, sink);
        int flags = config.read(capability(5) + 2, 2);
        assertEquals(0x31, flags & 0x71, "eight, the power of two above five");
        for (int vector : new int[] {0, 4, 5, 7, 8, -1, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
            bus.raise(PLACE, vector);
        }
        assertEquals(List.of(0, 4), sink.raised);
        lines.disconnect();
        assertEquals(0, config.read(capability(5) + 2, 2) & 0x71);
        bus.raise(PLACE, 0);
        assertEquals(2, sink.raised.size());
    }

    @ParameterizedTest
    @CsvSource({"1,0", "2,1", "3,2", "4,2", "5,3", "16,4", "17,5", "32,5"})
    void multipleMessageEnableIsTheNextPowerOfTwo(int count, int enabled) {
        plug("capabilities: [{msi: {vectors: 32}}]");
        lines.connect(Kind.MSI, count, sink);
        assertEquals(enabled, config.read(capability(5) + 2, 2) >> 4 & 7);
    }

    @Test
    void msiSendsNoMoreThanMultipleMessageEnable() {
        plug("capabilities: [{msi: {vectors: 8}}]");
        lines.connect(Kind.MSI, 8, sink);
        config.write(capability(5) + 2, 2, 0x11);
        bus.raise(PLACE, 1);
        bus.raise(PLACE, 2);
        assertEquals(List.of(1), sink.raised);
    }

    @ParameterizedTest
    @CsvSource({"true,0x10", "false,0x0c"})
    void maskedMsiIsPendingUntilUnmasked(boolean wide, String maskAt) {
        plug("capabilities: [{msi: {vectors: 32, maskable: true, wide: " + wide + "}}]");
        int mask = capability(5) + Integer.decode(maskAt);
        lines.connect(Kind.MSI, 32, sink);
        config.write(mask, 4, 0x80000005);
        bus.raise(PLACE, 0);
        bus.raise(PLACE, 1);
        bus.raise(PLACE, 31);
        assertEquals(List.of(1), sink.raised);
        assertEquals(0x80000001, config.read(mask + 4, 4));
        config.write(mask + 4, 4, 0);
        assertEquals(0x80000001, config.read(mask + 4, 4), "pending bits are the function's own");
        config.write(mask, 4, 0x80000004);
        await().until(() -> sink.raised.equals(List.of(1, 0)));
        assertEquals(0x80000000, config.read(mask + 4, 4));
    }

    @Test
    void hostMayHaveFewerVectors() {
        plug("capabilities: [{msi: {vectors: 8}}, {msix: {vectors: 64}}], interrupts: {vectors: 3}");
        assertEquals(3, lines.available(Kind.MSI));
        assertEquals(3, lines.available(Kind.MSIX));
        assertEquals(Errno.ENOSPC, errno(() -> lines.connect(Kind.MSIX, 4, sink)));
        lines.connect(Kind.MSIX, 2, sink);
        lines.add(40);
        lines.add(40);
        assertEquals(Errno.ENOSPC, errno(() -> lines.add(41)));
    }

    @Test
    void vectorsThatWereNotAddedStaySilent() {
        plug("capabilities: [{msix: {vectors: 200}}]");
        lines.connect(Kind.MSIX, 2, sink);
        lines.add(199);
        for (int vector : new int[] {0, 2, 63, 64, 198, 199, 200}) {
            bus.raise(PLACE, vector);
        }
        assertEquals(List.of(0, 199), sink.raised);
        assertEquals(Errno.EINVAL, errno(() -> lines.add(200)));
        assertEquals(Errno.EINVAL, errno(() -> lines.add(-1)));
    }

    @Test
    void staticMsixCannotGrow() {
        plug("capabilities: [{msix: {vectors: 4}}], interrupts: {dynamic: false}");
        assertFalse(lines.dynamicMsix());
        lines.connect(Kind.MSIX, 2, sink);
        assertEquals(Errno.EINVAL, errno(() -> lines.add(2)));
    }

    @Test
    void functionMaskKeepsMsixPending() {
        plug("capabilities: [{msix: {vectors: 100}}]");
        lines.connect(Kind.MSIX, 100, sink);
        int flags = capability(0x11) + 2;
        assertEquals(0x8000, config.read(flags, 2) & 0xc000);
        config.write(flags, 2, 0x8000 | MSIX_MASK_ALL);
        bus.raise(PLACE, 3);
        bus.raise(PLACE, 99);
        bus.raise(PLACE, 3);
        assertEquals(List.of(), sink.raised);
        config.write(flags, 2, 0x8000);
        await().until(() -> sink.raised.equals(List.of(3, 99)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"msi: {vectors: 4}", "msix: {vectors: 64}"})
    void raisingAllocatesNothing(String capability) {
        plug("capabilities: [{" + capability + "}]");
        AtomicLong count = new AtomicLong();
        lines.connect(capability.startsWith("msix") ? Kind.MSIX : Kind.MSI, 4, new InterruptLines.Sink() {
            @Override
            public void raised(int vector) {
                count.incrementAndGet();
            }

            @Override
            public void asserted() {
                count.incrementAndGet();
            }
        });
        raiseAndAssert(1000);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        raiseAndAssert(10_000);
        long allocated = threads.getCurrentThreadAllocatedBytes() - before;
        assertTrue(allocated < 10_000, allocated + " bytes for 10000 rounds");
        assertEquals(11_000, count.get());
    }

    private void raiseAndAssert(int rounds) {
        for (int i = 0; i < rounds; i++) {
            bus.raise(PLACE, 3);
            bus.assertIntx(PLACE, (i & 1) == 0);
        }
    }

    @Test
    void unpluggedOrHungFunctionSendsNothing() {
        plug("capabilities: [pcie, {msi: {vectors: 4, maskable: true}}], reset: {flr: hangs}");
        ModelPort device = bus.function(PLACE).port();
        lines.connect(Kind.MSI, 4, sink);
        config.write(capability(0x10) + 8, 2, 0x8000);
        device.raise(0);
        bus.unplug(PLACE);
        device.raise(0);
        device.assertIntx(true);
        assertEquals(List.of(), sink.raised);
        lines.disconnect();
    }

    @Test
    void raisingRacesWithUnmasking() throws Exception {
        plug("capabilities: [{msi: {vectors: 1, maskable: true}}]");
        AtomicLong came = new AtomicLong();
        lines.connect(Kind.MSI, 1, new InterruptLines.Sink() {
            @Override
            public void raised(int vector) {
                came.incrementAndGet();
            }

            @Override
            public void asserted() {
            }
        });
        int mask = capability(5) + 0x10;
        for (int i = 0; i < 200; i++) {
            long before = came.get();
            config.write(mask, 4, 1);
            Thread device = new Thread(() -> bus.raise(PLACE, 0));
            device.start();
            config.write(mask, 4, 0);
            device.join();
            await().pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(1)).until(() -> came.get() == before + 1);
        }
    }

    @Test
    void oneKindAtATime() {
        plug("capabilities: [msi, {msix: {vectors: 4}}]");
        lines.connect(Kind.MSI, 1, sink);
        assertEquals(Errno.EBUSY, errno(() -> lines.connect(Kind.MSIX, 1, sink)));
        assertEquals(Errno.EINVAL, errno(() -> lines.add(1)));
        lines.disconnect();
        lines.disconnect();
        lines.connect(Kind.MSIX, 4, sink);
        bus.raise(PLACE, 3);
        assertEquals(List.of(3), sink.raised);
    }

    @Test
    void whatAFunctionDoesNotHaveIsNotAvailable() {
        plug("numa: 0");
        assertEquals(0, lines.available(Kind.MSI));
        assertEquals(0, lines.available(Kind.MSIX));
        assertEquals(Errno.ENOSPC, errno(() -> lines.connect(Kind.MSI, 1, sink)));
        bus.raise(PLACE, 0);
        assertEquals(Errno.ENODEV, errno(() -> bus.raise(at("01:00.1"), 0)));
    }
}
