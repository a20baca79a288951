// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.user;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.pci.core.internal.gate.CallGate;

/**
 * A function that the core keeps open for its owner, whichever version of the owner's driver has it: memory for DMA has a
 * name and stays mapped, messages stay wired. Each version has a {@link FunctionShare} of it.
 */
public final class KeptFunction implements AutoCloseable {
    /** The largest number of names; firmware may ask its driver for many pages. */
    static final int MOST_NAMES = 4096;
    /** The largest size of all memory for DMA together. */
    static final long MOST_BYTES = 1L << 36;

    /** The patience with listeners under way when the function is closed. */
    private static final Duration LISTENERS = Duration.ofSeconds(1);

    private final FunctionHandle handle;
    private final CallGate gate = new CallGate();
    private final Map<String, Named> memory = new HashMap<>();
    private List<Interrupt> wired = List.of();
    private List<KeptInterrupt> interrupts = List.of();
    private boolean busMaster;
    private volatile FunctionShare current;

    /** Memory as it was asked for. */
    private record Named(DmaMemory memory, long size) {
    }

    /** @param handle closed with this function */
    public KeptFunction(FunctionHandle handle) {
        this.handle = handle;
        current = new FunctionShare(this, null);
        handle.device().onGone(() -> current.wake());
    }

    /** Returns the share of the version that has the function now. */
    public FunctionShare current() {
        return current;
    }

    String name() {
        return handle.name();
    }

    Registers bar(int index) {
        return handle.ownBar(index);
    }

    /** Lets the function reach memory and send messages. */
    synchronized void enableBusMaster() {
        if (!busMaster) {
            handle.enableBusMaster();
            busMaster = true;
        }
    }

    synchronized boolean has(String name) {
        return memory.containsKey(name);
    }

    /** Returns the memory of a name, made where there is none. */
    synchronized DmaMemory memory(String name, long size) {
        Named kept = memory.get(name);
        if (kept == null) {
            kept = new Named(allocated(name, size), size);
            memory.put(name, kept);
        } else if (kept.size != size) {
            throw new VfioException(Errno.EINVAL, "get " + size + " bytes for DMA of " + name() + ", named " + name
                    + ": they are " + kept.size + "; ask for the same, or for another name");
        }
        return kept.memory;
    }

    private DmaMemory allocated(String name, long size) {
        long sum = memory.values().stream().mapToLong(Named::size).sum();
        if (size < 1 || memory.size() == MOST_NAMES || size > MOST_BYTES - sum) {
            throw new VfioException(size < 1 ? Errno.EINVAL : Errno.ENOSPC, "get " + size + " bytes for DMA of " + name()
                    + ", named " + name + ": " + (size < 1 ? "that is no size" : "there are " + memory.size() + " names of "
                    + sum + " bytes, and at most " + MOST_NAMES + " of " + MOST_BYTES + " bytes; close some"));
        }
        return handle.dma(size);
    }

    /** Takes the memory of a name away from the function, and frees it. */
    synchronized void free(String name) {
        Named kept = memory.get(name);
        if (kept != null) {
            kept.memory.close();
            memory.remove(name);
        }
    }

    /** Wires messages of MSI-X, of which the version that has the function is told. */
    synchronized void wire(int count) {
        List<KeptInterrupt> made = IntStream.range(0, Math.max(0, count))
                .mapToObj(vector -> new KeptInterrupt(gate, vector, each -> current.interrupt(each))).toList();
        wired = handle.msix(count, interrupt -> made.get(interrupt.vector()));
        interrupts = made;
    }

    /** Gives all messages back. */
    synchronized void unwire() {
        wired.forEach(Interrupt::close);
        wired = List.of();
        interrupts = List.of();
    }

    /**
     * Holds interrupts back until {@link #resume}, which the same thread calls, and waits for the listeners under way.
     *
     * @return false where one was still under way when {@code patience} was over: then nothing is held back
     */
    public boolean pause(Duration patience) {
        boolean paused = gate.pause(patience);
        if (!paused) {
            deliver();
        }
        return paused;
    }

    /** Gives the interrupts that were held back to the version that has the function now. */
    public void resume() {
        gate.resume();
        deliver();
    }

    /** Gives all that is pending to the version that has the function, unless an exchange has the gate. */
    void deliver() {
        interrupts().forEach(KeptInterrupt::deliver);
    }

    private synchronized List<KeptInterrupt> interrupts() {
        return interrupts;
    }

    /** Tells whether the calling thread is inside an interrupt's listener. */
    public boolean mine() {
        return gate.mine();
    }

    /** Puts a version's share in the place of that of the version before; during a pause. */
    void succeed(FunctionShare next) {
        FunctionShare last = current;
        interrupts().forEach(interrupt -> interrupt.takeBack(last.interrupt(interrupt.vector())));
        current = next;
    }

    /** Closes the function: no interrupt comes any more, and its memory is freed. */
    @Override
    public void close() {
        gate.shut(LISTENERS);
        try {
            handle.close();
        } finally {
            current.end();
        }
    }
}
