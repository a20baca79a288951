// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.function;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import vfio.core.EventSignal;
import vfio.core.IrqRequest;
import vfio.core.device.DeviceHandle;
import vfio.core.device.Region;
import vfio.core.feature.FeatureRequest;
import vfio.core.feature.Features;
import vfio.pci.core.fake.FakeCard;

/** A signal is a user's code: it may wait for another thread of his that uses the function, whatever it was given for. */
class SignalLocksTest {
    private static final Executor OWN_THREAD = call -> new Thread(call).start();
    private static final int CONFIG = 7;
    private static final int COMMAND = 4;
    private static final short DECODING = 3;
    private static final short DISABLE_INTX = 0x400;

    private final FakeCard function = new FakeCard();
    private final BoundFunction bound = new BoundFunction(function);
    private final List<String> heard = new CopyOnWriteArrayList<>();
    private DeviceHandle handle;
    private Region config;

    @BeforeEach
    void open() {
        handle = bound.open();
        config = handle.region(CONFIG);
    }

    @AfterEach
    void end() {
        handle.close();
        bound.close();
    }

    /** Each time it is given, another thread writes COMMAND, which takes every lock there is, and is waited for. */
    private EventSignal waiting(String name) {
        return EventSignal.calling(() -> {
            CompletableFuture<Integer> other = CompletableFuture.supplyAsync(() -> {
                config.write16(COMMAND, DECODING);
                return config.read32(0);
            }, OWN_THREAD);
            try {
                other.get(5, TimeUnit.SECONDS);
                heard.add(name);
            } catch (Exception e) {
                heard.add(name + " waited for a lock");
            }
        });
    }

    private void pending() {
        function.image.u16(6, 0x18);
        function.lines.line(true);
    }

    private void sleep(EventSignal wakeUp) {
        int feature = wakeUp == null ? Features.LOW_POWER_ENTRY : Features.LOW_POWER_ENTRY_WITH_WAKEUP;
        handle.feature(new FeatureRequest(16, FeatureRequest.SET | feature, ByteBuffer.allocate(8), wakeUp));
    }

    @Test
    void intxEnabledInTheCommandRegister() {
        handle.setIrqs(IrqRequest.trigger(0, 0, waiting("intx")));
        config.write16(COMMAND, (short) (DECODING | DISABLE_INTX));
        pending();
        assertEquals(List.of(), heard);
        config.write16(COMMAND, DECODING);
        assertEquals(List.of("intx"), heard);
    }

    @Test
    void intxEnabledByOneByteOrTheWholeDword() {
        handle.setIrqs(IrqRequest.trigger(0, 0, waiting("intx")));
        config.write8(COMMAND + 1, (byte) (DISABLE_INTX >>> 8));
        pending();
        config.write8(COMMAND + 1, (byte) 0);
        assertEquals(List.of("intx"), heard);
        config.write32(COMMAND, DECODING | DISABLE_INTX);
        config.write32(COMMAND, DECODING);
        assertEquals(List.of("intx", "intx"), heard);
    }

    @Test
    void intxPendingWhenTheFunctionWakes() {
        handle.setIrqs(IrqRequest.trigger(0, 0, waiting("intx")));
        sleep(null);
        pending();
        assertEquals(List.of(), heard);
        handle.feature(new FeatureRequest(8, FeatureRequest.SET | Features.LOW_POWER_EXIT, ByteBuffer.allocate(0), null));
        assertEquals(List.of("intx"), heard);
    }

    @Test
    void intxAndWakeUpWhenAnAccessWakesTheFunction() {
        handle.setIrqs(IrqRequest.trigger(0, 0, waiting("intx")));
        sleep(waiting("woken"));
        pending();
        config.read32(0);
        assertEquals(List.of("intx", "woken"), heard);
    }

    @Test
    void closeOfAFunctionThatSleepsTellsNobody() {
        handle.setIrqs(IrqRequest.trigger(0, 0, waiting("intx")));
        sleep(waiting("woken"));
        pending();
        handle.close();
        assertEquals(List.of(), heard);
    }
}
