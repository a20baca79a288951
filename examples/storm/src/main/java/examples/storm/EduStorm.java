// SPDX-License-Identifier: Apache-2.0
package examples.storm;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import vfio.core.VfioException;
import vfio.pci.core.user.FunctionHandle;
import vfio.pci.core.user.Interrupt;
import vfio.pci.core.user.Registers;

/**
 * Two threads that keep an edu device busy: one writes a register and reads it back, one has the device raise interrupts, and
 * whoever takes an interrupt reads a register within it.
 */
final class EduStorm implements AutoCloseable {
    private static final int LIVENESS = 0x04;
    private static final int INTERRUPT_STATUS = 0x24;
    private static final int RAISE = 0x60;
    private static final int NUMBER = 0x100;

    private final FunctionHandle function;
    private final Registers registers;
    private final AtomicLong operations = new AtomicLong();
    private final AtomicLong writes = new AtomicLong();
    private final AtomicLong errors = new AtomicLong();
    private final AtomicLong raised = new AtomicLong();
    private final AtomicLong came = new AtomicLong();
    private final AtomicLong longest = new AtomicLong();
    private final AtomicReference<String> firstError = new AtomicReference<>();
    private final Thread writing = new Thread(() -> repeat(this::writeAndRead), "storm-registers");
    private final Thread raising = new Thread(() -> repeat(this::raise), "storm-interrupts");
    private volatile boolean calm;
    private int value;

    /**
     * What came of it so far.
     *
     * @param operations accesses of registers
     * @param writes those of them that wrote
     * @param errors accesses that failed, or read what was not written
     * @param longestNanos the longest access
     * @param firstError a sentence, or null
     */
    record Tally(String function, boolean busy, long operations, long writes, long errors, long raised, long came,
            long longestNanos, String firstError) {
    }

    /** @param function closed with the storm */
    EduStorm(FunctionHandle function) {
        this.function = function;
        registers = function.bar(0);
        Interrupt message = function.msi();
        message.listen(this::came);
        function.enableBusMaster();
        writing.setDaemon(true);
        raising.setDaemon(true);
        writing.start();
        raising.start();
    }

    private void repeat(Runnable act) {
        while (!calm && function.isOpen()) {
            act.run();
        }
    }

    private void writeAndRead() {
        int written = ++value;
        access(true, () -> {
            registers.write32(LIVENESS, written);
            return true;
        });
        access(false, () -> registers.read32(LIVENESS) == ~written);
    }

    private void raise() {
        access(true, () -> {
            registers.write32(RAISE, NUMBER);
            return true;
        });
        raised.incrementAndGet();
    }

    private void came() {
        came.incrementAndGet();
        access(false, () -> registers.read32(INTERRUPT_STATUS) == NUMBER);
    }

    /** An access of a register; false where it read something else than was expected. */
    private interface Access {
        boolean asExpected();
    }

    private void access(boolean write, Access access) {
        long begun = System.nanoTime();
        try {
            if (!access.asExpected()) {
                failed("a register has another value than it was given");
            }
            writes.addAndGet(write ? 1 : 0);
        } catch (VfioException e) {
            failed(e.getMessage());
        }
        long took = System.nanoTime() - begun;
        longest.accumulateAndGet(took, Math::max);
        operations.incrementAndGet();
    }

    private void failed(String sentence) {
        errors.incrementAndGet();
        firstError.compareAndSet(null, sentence);
    }

    Tally tally() {
        return new Tally(function.name(), !calm && function.isOpen(), operations.get(), writes.get(), errors.get(),
                raised.get(), came.get(), longest.get(), firstError.get());
    }

    /** Ends the load and waits for what is under way; the function stays open. */
    void calm() throws InterruptedException {
        calm = true;
        writing.join();
        raising.join();
    }

    @Override
    public void close() {
        calm = true;
        function.close();
    }
}
