// SPDX-License-Identifier: Apache-2.0
package examples.nvme;

import java.time.Duration;
import vfio.core.device.Mapping;
import vfio.pci.core.user.DmaMemory;
import vfio.pci.core.user.FunctionHandle;
import vfio.pci.core.user.Interrupt;
import vfio.pci.core.user.Registers;

/** The admin queues of an NVMe controller, one command at a time; it is enabled when this is made. */
final class AdminQueue {
    /** Registers (NVMe 1.4, 3.1). */
    private static final int CAPABILITIES = 0x00;
    private static final int CONFIGURATION = 0x14;
    private static final int STATUS = 0x1c;
    private static final int QUEUE_SIZES = 0x24;
    private static final int SUBMISSION_BASE = 0x28;
    private static final int COMPLETION_BASE = 0x30;
    private static final int DOORBELLS = 0x1000;

    private static final int ENABLE = 1;
    private static final int READY = 1;
    /** Entries of 2^6 and 2^4 bytes: the only sizes there are. */
    private static final int ENTRY_SIZES = 6 << 16 | 4 << 20;
    private static final int ENTRIES = 16;
    private static final int COMMAND = 64;
    private static final int COMPLETION = 16;

    private final Registers registers;
    private final Mapping commands;
    private final Mapping completions;
    private final Interrupt completed;
    private final long completionDoorbell;
    private final Duration patience;
    private int tail;
    private int head;
    /** What a completion's phase bit is while it is new. */
    private int phase = 1;

    AdminQueue(FunctionHandle function) throws InterruptedException {
        registers = function.bar(0);
        long capabilities = registers.read64(CAPABILITIES);
        patience = Duration.ofMillis(500 * Math.max(1, capabilities >>> 24 & 0xff));
        completionDoorbell = DOORBELLS + (4L << (capabilities >>> 32 & 0xf));
        registers.write32(CONFIGURATION, 0);
        registers.poll32(STATUS, status -> (status & READY) == 0, patience);

        DmaMemory submission = function.dma(ENTRIES * COMMAND);
        DmaMemory completion = function.dma(ENTRIES * COMPLETION);
        commands = submission.view();
        completions = completion.view();
        registers.write32(QUEUE_SIZES, ENTRIES - 1 << 16 | ENTRIES - 1);
        registers.write64(SUBMISSION_BASE, submission.iova());
        registers.write64(COMPLETION_BASE, completion.iova());

        completed = function.msix(); // admin completions come on vector 0
        function.enableBusMaster(); // from here on the controller reaches the queues
        registers.write32(CONFIGURATION, ENTRY_SIZES | ENABLE);
        registers.poll32(STATUS, status -> (status & READY) != 0, patience);
    }

    /**
     * Runs a command of one page, and waits for its interrupt.
     *
     * @param page where its data goes
     */
    void run(int opcode, int namespace, long page, int argument) throws InterruptedException {
        long entry = (long) tail * COMMAND;
        commands.write32(entry, opcode | tail << 16);
        commands.write32(entry + 4, namespace);
        commands.write64(entry + 24, page);
        commands.write32(entry + 40, argument);
        tail = (tail + 1) % ENTRIES;
        registers.write32(DOORBELLS, tail); // after the entry: a register write comes after what was stored before it

        long end = System.nanoTime() + patience.toNanos();
        while ((completions.read16(head * COMPLETION + 14L) & 1) != phase) {
            if (completed.await(Duration.ofNanos(Math.max(0, end - System.nanoTime()))) == 0) {
                throw new IllegalStateException("command 0x%02x is not completed after %s".formatted(opcode, patience));
            }
        }
        int status = completions.read16(head * COMPLETION + 14L) >>> 1 & 0x7fff;
        head = (head + 1) % ENTRIES;
        phase ^= head == 0 ? 1 : 0;
        registers.write32(completionDoorbell, head);
        if (status != 0) {
            throw new IllegalStateException("command 0x%02x failed with status 0x%x".formatted(opcode, status));
        }
    }
}
