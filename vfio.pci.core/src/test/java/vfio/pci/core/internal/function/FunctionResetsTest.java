// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.function;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static vfio.pci.core.id.PciRegisters.D0;
import static vfio.pci.core.id.PciRegisters.D3_HOT;
import static vfio.pci.core.fake.HardwareImage.body;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.device.DeviceHandle;
import vfio.core.device.Mapping;
import vfio.pci.core.bus.RawHardware.Quirks;
import vfio.pci.core.fake.FakeCard;
import vfio.pci.core.id.PciAddress;
import vfio.pci.core.id.ResetMethod;
import vfio.pci.core.internal.power.PowerState;

/** How one function is reset: by which method, when not, and what its users see of it. */
class FunctionResetsTest {
    private static final int NO_SOFT_RESET = 8;
    private static final Quirks OWN_RESET = new Quirks(false, false, true, true);
    /** The reset at the first open is then the only reset before what a test does. */
    private static final FunctionSettings AWAKE = new FunctionSettings(false, false, true, false);

    private final FakeCard function = new FakeCard();
    private final int af = function.image.standard(0x13, body(4, 0, 0x0306));
    private final List<String> tried = new ArrayList<>();
    private final List<ResetMethod> order = new ArrayList<>(List.of(ResetMethod.values()));
    private final BoundFunction bound = new BoundFunction(function, AWAKE, new Ordered());

    private final class Ordered extends TestNeighbourhood {
        private Ordered() {
            super(function, () -> { });
        }

        @Override
        public List<ResetMethod> resetOrder() {
            return order;
        }
    }

    private DeviceHandle open() {
        return bound.open();
    }

    @AfterEach
    void end() {
        bound.close();
    }

    private static Errno errno(Runnable act) {
        return assertThrows(VfioException.class, act::run).errno();
    }

    /** Every method there is, none of which works after all. */
    private void hasAll() {
        function.raw.quirks = OWN_RESET;
        function.raw.platform = Set.of(ResetMethod.ACPI, ResetMethod.CXL_BUS);
        function.raw.busReset = true;
        function.raw.onDeviceReset = () -> attempt("device_specific");
        function.raw.onPlatformReset = method -> attempt(method.toString());
        function.image.onWrite = (offset, width, value) -> {
            if (offset == function.express + 8 && (value & 0x8000) != 0) {
                attempt("flr");
            } else if (offset == af + 4 && value == 1) {
                attempt("af_flr");
            } else if (offset == function.pm + 4 && (value & 3) == D3_HOT) {
                attempt("pm");
            }
        };
    }

    private void attempt(String method) {
        tried.add(method);
        throw new VfioException(Errno.ENOTTY, "not by " + method);
    }

    @Test
    @Tag("C7-1")
    void methodsAreTriedInTheKernelsOrder() {
        hasAll();
        open();
        assertEquals(List.of("device_specific", "acpi", "flr", "af_flr", "pm", "bus", "cxl_bus"), tried);
    }

    @Test
    void methodsThatTheFunctionDoesNotHaveAreNotTried() {
        hasAll();
        function.raw.quirks = Quirks.NONE;
        function.raw.platform = Set.of();
        function.raw.busReset = false;
        open();
        assertEquals(List.of("flr", "af_flr", "pm"), tried);
    }

    @Test
    void onlyTheMethodsOfTheOrderAreTried() {
        hasAll();
        order.clear();
        order.addAll(List.of(ResetMethod.PM, ResetMethod.FLR));
        open();
        assertEquals(List.of("pm", "flr"), tried);
    }

    @Test
    void orderWithoutMethodsIsNoResetAtAll() {
        DeviceHandle handle = open();
        handle.reset();
        order.clear();
        assertEquals(Errno.ENOTTY, errno(handle::reset), "it could be reset when it was opened");
        assertEquals(2, function.resets());
    }

    @Test
    @Tag("C7-3")
    void powerCycleOfAFunctionThatKeepsItsStateIsNoReset() {
        PowerState power = new PowerState(function.image, () -> false);
        power.cycle();
        function.image.u16(function.pm + 4, NO_SOFT_RESET);
        function.image.writes.clear();
        assertEquals(Errno.ENOTTY, errno(power::cycle));
        assertEquals(List.of(), function.image.writes);
    }

    @Test
    @Tag("C7-3")
    void powerCycleFromAnotherStateThanD0IsEinval() {
        function.raw.quirks = OWN_RESET;
        function.image.u32(function.express + 4, 0);
        DeviceHandle handle = open();
        handle.reset();
        function.raw.onDeviceReset = () -> {
            function.image.u16(function.pm + 4, D3_HOT);
            throw new VfioException(Errno.ENOTTY, "asleep instead");
        };
        function.image.writes.clear();
        order.remove(ResetMethod.AF_FLR);
        assertEquals(Errno.EINVAL, errno(handle::reset));
        assertEquals(List.of(), function.image.writes.stream().filter(w -> w.startsWith("%x+".formatted(function.pm + 4)))
                .toList());
    }

    @Test
    @Tag("C7-7")
    void mappingsAreCutOffBeforeTheReset() {
        function.raw.quirks = OWN_RESET;
        DeviceHandle handle = open();
        Mapping mapping = handle.map(0);
        mapping.write32(0, 7);
        AtomicInteger seen = new AtomicInteger();
        function.raw.onDeviceReset = () -> seen.set(mapping.read32(0));
        handle.reset();
        assertEquals(-1, seen.get());
        assertEquals(7, mapping.read32(0), "it is back");
        function.raw.onDeviceReset = () -> {
            throw new VfioException(Errno.EIO, "it hangs");
        };
        assertEquals(Errno.EIO, errno(handle::reset));
        assertEquals(7, mapping.read32(0), "also after a reset that failed");
    }

    /** As a device lock of the kernel's that sysfs holds. */
    @Test
    @Tag("C7-8")
    void resetWhileVfsAppearIsEagain() throws Exception {
        CountDownLatch appearing = new CountDownLatch(1);
        CountDownLatch appear = new CountDownLatch(1);
        function.onVirtualFunctions = count -> {
            appearing.countDown();
            await(appear);
            function.virtualFunctions = List.of(PciAddress.parse("0000:01:00.1"));
        };
        DeviceHandle handle = open();
        Mapping mapping = handle.map(0);
        mapping.write32(0, 7);
        CompletableFuture<Void> operator = CompletableFuture.runAsync(() -> bound.backend().configureVirtualFunctions(1),
                call -> new Thread(call).start());
        await(appearing);
        assertEquals(Errno.EAGAIN, errno(handle::reset));
        assertEquals(Errno.EAGAIN, errno(bound.backend()::beginReset), "with its bus neither");
        assertEquals(1, function.resets());
        assertEquals(7, mapping.read32(0), "its user goes on");
        handle.region(7).write16(function.pm + 4, (short) D3_HOT);
        assertEquals(D0, function.powerState(), "not below D0, though the first VF is not there yet");
        appear.countDown();
        operator.get();
        handle.reset();
        assertEquals(2, function.resets());
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** Whoever comes next finds no lock held. */
    @Test
    void functionThatDoesNotWakeForAResetOfItsBusIsLeftUnlocked() throws Exception {
        DeviceHandle handle = open();
        handle.region(7).write16(function.pm + 4, (short) D3_HOT);
        function.image.onWrite = (offset, width, value) -> {
            throw new VfioException(Errno.EIO, "nothing answers");
        };
        assertEquals(Errno.EIO, errno(bound.backend()::beginReset));
        function.image.onWrite = (offset, width, value) -> { };
        CompletableFuture<Boolean> next = CompletableFuture.supplyAsync(() -> {
            boolean begun = bound.backend().beginReset();
            bound.backend().endReset();
            return begun;
        }, call -> new Thread(call).start());
        assertTrue(next.get());
    }

    /** What cannot be reset now is reset with its bus, or at the next open. */
    @Test
    void closeWhileVfsAppearIsNoFailure() throws Exception {
        CountDownLatch appearing = new CountDownLatch(1);
        CountDownLatch appear = new CountDownLatch(1);
        function.onVirtualFunctions = count -> {
            appearing.countDown();
            await(appear);
        };
        DeviceHandle handle = open();
        CompletableFuture<Void> operator = CompletableFuture.runAsync(() -> bound.backend().configureVirtualFunctions(1),
                call -> new Thread(call).start());
        await(appearing);
        handle.close();
        assertEquals(1, function.resets());
        assertTrue(bound.backend().needsReset());
        appear.countDown();
        operator.get();
    }
}
