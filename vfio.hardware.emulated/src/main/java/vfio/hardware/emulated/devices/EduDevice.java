// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.devices;

import java.util.concurrent.Executor;
import vfio.hardware.emulated.model.DeviceModel;
import vfio.hardware.emulated.model.ModelPort;

/**
 * The model of QEMU's device for teaching, 1234:11e8, with one BAR of 1 MiB (docs/specs/edu in QEMU): an inverter, a
 * factorial that takes its time, interrupts that are acknowledged, and DMA of a buffer of 4 KiB. Registers below 80h take
 * accesses of 4 bytes, those above of 4 and 8; others read all ones.
 */
final class EduDevice implements DeviceModel {
    private static final int IDENTIFICATION = 0x010000ed;
    private static final int COMPUTING = 0x01;
    private static final int RAISE_AFTER_FACTORIAL = 0x80;
    private static final int FACTORIAL_INTERRUPT = 0x01;
    private static final int DMA_INTERRUPT = 0x100;
    private static final int WIDE_REGISTERS = 0x80;
    /** From here on factorials are multiples of 2 to the 32nd. */
    private static final int FACTORIAL_VANISHES = 34;

    private final ModelPort function;
    private final Executor thread;
    private final EduDma dma;
    private int liveness;
    private int factorial;
    private int status;
    private int interrupts;
    /** Counts resets: what was begun before one ends without effect. */
    private int life;

    EduDevice(ModelPort function, Executor thread) {
        this.function = function;
        this.thread = thread;
        dma = new EduDma();
    }

    @Override
    public synchronized long read(int bar, long position, int width) {
        if (bar != 0 || position < WIDE_REGISTERS && width != Integer.BYTES || width < Integer.BYTES) {
            return -1;
        }
        return switch ((int) position) {
            case 0x00 -> IDENTIFICATION;
            case 0x04 -> liveness;
            case 0x08 -> factorial;
            case 0x20 -> status;
            case 0x24 -> interrupts;
            default -> dma.read((int) position);
        };
    }

    @Override
    public void write(int bar, long position, int width, long value) {
        if (bar != 0 || position < WIDE_REGISTERS && width != Integer.BYTES || width < Integer.BYTES) {
            return;
        }
        switch ((int) position) {
            case 0x04 -> live((int) value);
            case 0x08 -> compute((int) value);
            case 0x20 -> status((int) value);
            case 0x60 -> raise((int) value);
            case 0x64 -> acknowledge((int) value);
            default -> transfer((int) position, value);
        }
    }

    private synchronized void live(int value) {
        liveness = ~value;
    }

    private synchronized void status(int value) {
        status = status & ~RAISE_AFTER_FACTORIAL | value & RAISE_AFTER_FACTORIAL;
    }

    /** Begins a factorial; a number written while one is computed is not taken. */
    private synchronized void compute(int number) {
        if ((status & COMPUTING) == 0) {
            status |= COMPUTING;
            factorial = number;
            int begun = life;
            thread.execute(() -> computed(begun, of(number)));
        }
    }

    private static int of(int number) {
        int product = 1;
        boolean vanishes = Integer.compareUnsigned(number, FACTORIAL_VANISHES) >= 0;
        for (int i = 2; i <= number && !vanishes; i++) {
            product *= i;
        }
        return vanishes ? 0 : product;
    }

    private void computed(int begun, int result) {
        synchronized (this) {
            if (begun != life) {
                return;
            }
            factorial = result;
            status &= ~COMPUTING;
            if ((status & RAISE_AFTER_FACTORIAL) == 0) {
                return;
            }
        }
        raise(FACTORIAL_INTERRUPT);
    }

    private void raise(int bits) {
        synchronized (this) {
            interrupts |= bits;
        }
        if (pending() && function.messagesEnabled()) {
            function.raise(0);
        } else {
            drivePin();
        }
    }

    private void acknowledge(int bits) {
        synchronized (this) {
            interrupts &= ~bits;
        }
        if (!function.messagesEnabled()) {
            drivePin();
        }
    }

    private synchronized boolean pending() {
        return interrupts != 0;
    }

    /** Drives the pin without the lock, for its receiver may call back; so the level may have changed meanwhile. */
    private void drivePin() {
        boolean level;
        do {
            level = pending();
            function.assertIntx(level);
        } while (level != pending());
    }

    private synchronized void transfer(int position, long value) {
        if (dma.write(position, value)) {
            int begun = life;
            thread.execute(() -> transferred(begun));
        }
    }

    private void transferred(int begun) {
        EduDma.Transfer transfer;
        synchronized (this) {
            if (begun != life) {
                return;
            }
            transfer = dma.transfer();
        }
        boolean done = transfer.run(function);
        synchronized (this) {
            if (begun != life) {
                return;
            }
            dma.done();
        }
        if (!done) {
            function.reportError();
        }
        if (transfer.interrupts()) {
            raise(DMA_INTERRUPT);
        }
    }

    @Override
    public synchronized void reset() {
        life++;
        liveness = 0;
        factorial = 0;
        status = 0;
        interrupts = 0;
        dma.reset();
    }

    /** Ends what still runs without effect. */
    @Override
    public void close() {
        reset();
    }
}
