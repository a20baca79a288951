// SPDX-License-Identifier: Apache-2.0
package examples.edu;

import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import vfio.core.VfioException;
import vfio.hardware.linux.LinuxHost;
import vfio.pci.core.user.DmaMemory;
import vfio.pci.core.user.FunctionHandle;
import vfio.pci.core.user.Interrupt;
import vfio.pci.core.user.Registers;

/** Drives edu, the device that QEMU has for teaching (docs/specs/edu): registers, an interrupt, and DMA both ways. */
public final class Edu {
    private static final int IDENTIFICATION = 0x00;
    private static final int LIVENESS = 0x04;
    private static final int FACTORIAL = 0x08;
    private static final int STATUS = 0x20;
    private static final int INTERRUPT_STATUS = 0x24;
    private static final int ACKNOWLEDGE = 0x64;
    private static final int DMA_SOURCE = 0x80;
    private static final int DMA_DESTINATION = 0x88;
    private static final int DMA_COUNT = 0x90;
    private static final int DMA_COMMAND = 0x98;

    /** Of the status: interrupt when the factorial is there. */
    private static final int RAISE = 0x80;
    /** Of the DMA command. */
    private static final int START = 1;
    private static final int TO_MEMORY = 2;
    private static final int RAISE_WHEN_DONE = 4;
    /** Where the device has 4 KiB of its own, as its DMA sees them. */
    private static final int BUFFER = 0x40000;
    /** Not all of it: QEMU 7 aborts at a transfer that ends where the buffer does. */
    private static final int SIZE = 2048;

    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final FunctionHandle function;
    private final Registers registers;
    private final Interrupt done;

    private Edu(FunctionHandle function) {
        this.function = function;
        registers = function.bar(0); // mapped: a register access is a load or a store
        done = function.msi(); // an eventfd that the kernel signals
    }

    /** Argument: the address of a function that the kernel has given to VFIO. */
    public static void main(String[] arguments) throws InterruptedException {
        if (arguments.length != 1) {
            System.err.println("usage: examples/edu/run ADDRESS, such as 0000:00:10.0");
            System.exit(2);
        }
        try (FunctionHandle function = LinuxHost.open(arguments[0])) {
            Edu edu = new Edu(function);
            edu.identify();
            edu.factorial(10);
            edu.copyThere();
        } catch (VfioException | IllegalStateException e) {
            System.err.println("edu: " + e.getMessage());
            System.exit(1);
        }
    }

    private void identify() {
        int id = registers.read32(IDENTIFICATION);
        if ((id & 0xffff) != 0x00ed) {
            throw new IllegalStateException(
                    function.name() + " is no edu: its first register is 0x" + Integer.toHexString(id));
        }
        registers.write32(LIVENESS, 0x12345678);
        boolean alive = registers.read32(LIVENESS) == ~0x12345678;
        System.out.printf("edu %d.%d at %s is %s%n", id >>> 24, id >>> 16 & 0xff, function.name(), alive ? "alive" : "dead");
    }

    /** The device computes, and tells by an interrupt that it has. */
    private void factorial(int number) throws InterruptedException {
        function.enableBusMaster(); // without it a device neither reaches memory nor sends messages
        registers.write32(STATUS, RAISE);
        registers.write32(FACTORIAL, number);
        awaitDone();
        registers.write32(STATUS, 0);
        System.out.printf("%d! = %d%n", number, registers.read32(FACTORIAL));
    }

    /** Bytes go into the device's buffer, and come back to another place. */
    private void copyThere() throws InterruptedException {
        function.dmaMask(28); // what this device drives of an address
        try (DmaMemory out = function.dma(SIZE); DmaMemory back = function.dma(SIZE)) {
            byte[] bytes = new byte[SIZE];
            new Random(1).nextBytes(bytes);
            out.put(0, bytes);
            transfer(out.iova(), BUFFER, 0);
            transfer(BUFFER, back.iova(), TO_MEMORY);
            boolean same = Arrays.equals(bytes, back.get(0, SIZE));
            System.out.printf("DMA of %d bytes from 0x%x and back to 0x%x: %s%n", SIZE, out.iova(), back.iova(),
                    same ? "the same" : "DIFFERENT");
        }
    }

    private void transfer(long from, long to, int direction) throws InterruptedException {
        registers.write64(DMA_SOURCE, from);
        registers.write64(DMA_DESTINATION, to);
        registers.write64(DMA_COUNT, SIZE);
        registers.write64(DMA_COMMAND, START | direction | RAISE_WHEN_DONE);
        awaitDone();
    }

    /** Waits, without a look at a register; then says which interrupts were seen, so that the device can raise them again. */
    private void awaitDone() throws InterruptedException {
        if (done.await(PATIENCE) == 0) {
            throw new IllegalStateException(function.name() + " has raised no interrupt within " + PATIENCE);
        }
        registers.write32(ACKNOWLEDGE, registers.read32(INTERRUPT_STATUS));
    }
}
