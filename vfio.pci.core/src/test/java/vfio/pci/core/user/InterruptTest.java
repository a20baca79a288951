// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.user;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.pci.core.id.IrqIndex;

class InterruptTest {
    private static final Duration LONG = Duration.ofMinutes(1);
    private static final int ROUNDS = 20_000;

    private final OtherSide other = new OtherSide();
    private final FunctionHandle function = other.open();

    @AfterEach
    void close() {
        function.close();
    }

    private static Errno errno(Runnable act) {
        return assertThrows(VfioException.class, act::run).errno();
    }

    /** Waits on a thread of its own; the wait has begun, or is about to. */
    private static Future<Object> waiting(Interrupt interrupt) {
        FutureTask<Object> task = new FutureTask<>(() -> {
            try {
                return interrupt.await(LONG);
            } catch (VfioException e) {
                return e.errno();
            }
        });
        Thread thread = new Thread(task);
        thread.start();
        await().until(() -> thread.getState() != Thread.State.NEW && thread.getState() != Thread.State.RUNNABLE);
        return task;
    }

    @Test
    void eachVectorHasItsOwn() throws Exception {
        List<Interrupt> vectors = function.msix(3);
        other.raise(IrqIndex.MSIX, 2);
        assertEquals(0, vectors.get(0).take());
        assertEquals(1, vectors.get(2).await(LONG));
        assertEquals(2, vectors.get(2).vector());
        assertEquals(0, vectors.get(2).await(Duration.ZERO));
    }

    @Test
    void whatCameBeforeTheWaitIsNotLost() throws Exception {
        Interrupt done = function.msi();
        other.raise(IrqIndex.MSI, 0);
        other.raise(IrqIndex.MSI, 0);
        assertEquals(2, done.await(LONG));
        assertEquals(0, done.await(Duration.ofMillis(1)));
        assertEquals(0, done.await(Duration.ofMillis(300)));
        assertEquals(0, done.await(Duration.ofSeconds(-1)));
    }

    @Test
    void noWakeUpIsLostBetweenTwoThreads() {
        Interrupt ping = function.msi();
        assertTimeoutPreemptively(LONG, () -> {
            Semaphore turn = new Semaphore(0);
            Thread raising = new Thread(() -> {
                for (int i = 0; i < ROUNDS; i++) {
                    turn.acquireUninterruptibly();
                    other.raise(IrqIndex.MSI, 0);
                }
            });
            raising.start();
            for (int i = 0; i < ROUNDS; i++) {
                turn.release();
                assertEquals(1, ping.await(LONG), "round " + i);
            }
            raising.join();
        });
    }

    @Test
    void whoWaitsHearsOfTheClose() throws Exception {
        Interrupt done = function.msi();
        Future<Object> first = waiting(done);
        done.close();
        assertEquals(Errno.ENODEV, first.get(30, TimeUnit.SECONDS));
        Future<Object> second = waiting(function.msi());
        function.close();
        assertEquals(Errno.ENODEV, second.get(30, TimeUnit.SECONDS));
        assertEquals(Errno.ENODEV, waiting(done).get(30, TimeUnit.SECONDS));
    }

    /** As where a driver is taken away, or a card pulled: only the device below is closed. */
    @Test
    void whoWaitsHearsThatTheFunctionIsGone() throws Exception {
        Future<Object> wait = waiting(function.msi());
        function.device().close();
        assertEquals(Errno.ENODEV, wait.get(30, TimeUnit.SECONDS));
    }

    @Test
    void whatCameBeforeTheCloseIsStillTaken() throws Exception {
        Interrupt done = function.msi();
        other.raise(IrqIndex.MSI, 0);
        function.close();
        assertEquals(1, done.await(LONG));
        assertEquals(Errno.ENODEV, waiting(done).get(30, TimeUnit.SECONDS));
    }

    @Test
    void listenerIsCalledInsteadOfCounting() throws Exception {
        AtomicInteger came = new AtomicInteger();
        Interrupt done = function.msi();
        AutoCloseable listening = done.listen(came::incrementAndGet);
        other.raise(IrqIndex.MSI, 0);
        assertEquals(1, came.get());
        assertEquals(0, done.take());
        listening.close();
        other.raise(IrqIndex.MSI, 0);
        assertEquals(1, came.get());
        assertEquals(1, done.take());
    }

    @ParameterizedTest
    @ValueSource(ints = {Integer.MIN_VALUE, 0, OtherSide.VECTORS + 1, Integer.MAX_VALUE})
    void countThatTheFunctionHasNotIsRefused(int count) {
        assertEquals(Errno.EINVAL, errno(() -> function.msix(count)));
        assertEquals(List.of(), other.calls);
    }

    @Test
    void interruptThatTheFunctionHasNotIsRefused() {
        assertEquals(Errno.EINVAL, errno(function::err));
    }

    @Test
    void vectorsThatAreSetUpAreNotSetUpAgain() {
        function.msix(2);
        assertEquals(Errno.EBUSY, errno(function::msix));
        function.req();
    }

    @Test
    void hostWithFewerVectorsSaysSo() {
        other.fewer = 2;
        assertEquals(Errno.ENOSPC, errno(() -> function.msix(4)));
        other.fewer = 0;
        assertEquals(2, function.msix(2).size());
    }

    @Test
    void lastOfItsKindGivesTheKindBack() {
        List<Interrupt> vectors = function.msix(2);
        other.calls.clear();
        vectors.get(0).close();
        vectors.get(0).close();
        vectors.get(1).close();
        assertEquals(List.of("irq 2 32 0+1", "irq 2 32 0+0"), other.calls);
        function.msix(1);
    }

    @Test
    void requestIsTakenAwayAloneSinceItsIndexIsNeverSetUp() {
        Interrupt asked = function.req();
        other.calls.clear();
        asked.close();
        assertEquals(List.of("irq 4 32 0+1"), other.calls);
        assertEquals(null, other.wired.get(IrqIndex.REQ << 8));
    }

    @Test
    void pinIsMaskedAndUnmasked() {
        Interrupt pin = function.intx();
        other.calls.clear();
        pin.mask();
        pin.unmask();
        assertEquals(List.of("irq 0 8 0+1", "irq 0 16 0+1"), other.calls);
    }
}
