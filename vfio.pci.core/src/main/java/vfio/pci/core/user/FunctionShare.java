// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.user;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import vfio.core.Errno;
import vfio.core.IrqRequest;
import vfio.core.VfioException;
import vfio.pci.core.id.IrqIndex;

/**
 * The part that one version of an owner's driver has in its function. A <em>successor</em> looks at what the version before
 * has made, and may add memory; at the exchange its share is turned <em>on</em>, and that of the version before
 * <em>off</em>: its registers read all ones, its interrupts end, and closing its memory does nothing.
 */
public final class FunctionShare implements Interrupt.Wiring {
    private static final int LONGEST_NAME = 64;

    private enum State { SUCCESSOR, ON, OFF }

    private final KeptFunction kept;
    private final Map<Integer, Registers> registers = new HashMap<>();
    private final Map<String, DmaMemory> memory = new LinkedHashMap<>();
    /** The names that this version was the first to ask for, while it is a successor. */
    private final Set<String> added = new HashSet<>();
    /** The share whose function a successor is to take over; null for another. */
    private FunctionShare before;
    private State state;
    private volatile List<Interrupt> interrupts = List.of();

    FunctionShare(KeptFunction kept, FunctionShare before) {
        this.kept = kept;
        this.before = before;
        state = before == null ? State.ON : State.SUCCESSOR;
    }

    /** Returns the share of a version that may take the function over from this one. */
    public FunctionShare successor() {
        return new FunctionShare(kept, this);
    }

    private void refuseOff(String act) {
        if (state == State.OFF) {
            throw new VfioException(Errno.ENODEV, act + " of " + kept.name()
                    + ": another version of its driver has it now, or it is closed");
        }
    }

    /** Returns the registers behind a BAR, as {@link FunctionHandle#bar}. */
    public synchronized Registers bar(int index) {
        refuseOff("use BAR " + index);
        return registers.computeIfAbsent(index, kept::bar);
    }

    /**
     * Returns the memory of a name, which the function can reach; zeros where no version has asked for it yet.
     *
     * @throws VfioException EINVAL for a size below 1, for a name that is not 1 to 64 printable characters, and where memory
     *     of this name has another size; ENOSPC where there is too much memory or no address left; ENODEV where the version
     *     does not have the function any more; else as {@link FunctionHandle#dma}
     */
    public synchronized DmaMemory dma(String name, long size) {
        refuseOff("map memory for DMA");
        if (name == null || !name.matches("\\P{Cntrl}{1," + LONGEST_NAME + "}")) {
            throw new VfioException(Errno.EINVAL, "map memory for DMA of " + kept.name() + ": it needs a name of 1 to "
                    + LONGEST_NAME + " characters");
        }
        boolean isNew = !kept.has(name);
        DmaMemory of = kept.memory(name, size);
        if (isNew && state == State.SUCCESSOR) {
            added.add(name);
        }
        kept.enableBusMaster();
        return memory.computeIfAbsent(name, any -> new DmaMemory(view -> release(name, view), of.buffer(), of.iova()));
    }

    private synchronized void release(String name, DmaMemory view) {
        if (memory.remove(name, view) && (state == State.ON || added.remove(name))) {
            kept.free(name);
        }
    }

    /**
     * Sets up messages of MSI-X, from the first on, as {@link FunctionHandle#msix(int)}. A successor gets those that are set
     * up, with what is pending, once it has the function.
     *
     * @throws VfioException as {@link FunctionHandle#msix(int)}; EINVAL where the version before has another number
     */
    public List<Interrupt> msix(int count) {
        List<Interrupt> made = set(count);
        kept.deliver(); // what came while they were set up
        return made;
    }

    private synchronized List<Interrupt> set(int count) {
        refuseOff("set up interrupts");
        if (!interrupts.isEmpty()) {
            throw new VfioException(Errno.EBUSY, "set up " + count + " of MSI-X of " + kept.name()
                    + ": they are set up; close those first");
        }
        if (state == State.SUCCESSOR) {
            requireSame(count);
        } else {
            kept.wire(count);
            kept.enableBusMaster();
        }
        List<Interrupt> made = new ArrayList<>();
        IntStream.range(0, count).forEach(vector -> made.add(new Interrupt(this, IrqIndex.MSIX, vector)));
        interrupts = List.copyOf(made);
        return interrupts;
    }

    private void requireSame(int count) {
        int now = before.interrupts.size();
        if (count != now) {
            throw new VfioException(Errno.EINVAL, "take over " + kept.name() + ": its MSI-X messages would change from " + now
                    + " to " + count);
        }
    }

    /** Returns the interrupt of a vector; null where this version has none. */
    Interrupt interrupt(int vector) {
        List<Interrupt> now = interrupts;
        return vector < now.size() ? now.get(vector) : null;
    }

    @Override
    public String text(Interrupt interrupt) {
        return "MSI-X " + interrupt.vector() + " of " + kept.name();
    }

    @Override
    public void request(IrqRequest request) {
        throw request.refused(Errno.EINVAL, "messages of " + kept.name() + " cannot be masked");
    }

    /** Ends an interrupt for this version; with the last one the messages are given back. */
    @Override
    public synchronized void release(Interrupt interrupt) {
        interrupt.counter().close();
        if (state == State.ON && !interrupts.isEmpty() && interrupts.stream().noneMatch(one -> one.counter().usable())) {
            interrupts = List.of();
            kept.unwire();
        }
    }

    /** Tells what the version before has and this successor has not asked for; empty where it has asked for everything. */
    public synchronized Optional<String> missing() {
        if (interrupts.size() != before.interrupts.size()) {
            return Optional.of("its " + before.interrupts.size() + " MSI-X messages");
        }
        return before.names().stream().filter(name -> !memory.containsKey(name)).findFirst()
                .map(name -> "the memory for DMA named " + name);
    }

    private synchronized Set<String> names() {
        return Set.copyOf(memory.keySet());
    }

    /** Turns a successor on, and the one before it off; during a pause. */
    public void succeed() {
        kept.succeed(this);
        FunctionShare last;
        synchronized (this) {
            last = before;
            before = null;
            state = State.ON;
            added.clear();
        }
        last.off();
    }

    /** Ends the share: that of a successor with the memory that it added, any other one with the function. */
    public synchronized void end() {
        if (state == State.SUCCESSOR) {
            added.forEach(kept::free);
            added.clear();
        }
        off();
    }

    private synchronized void off() {
        state = State.OFF;
        before = null;
        registers.values().forEach(Registers::end);
        wake();
    }

    /** Ends the interrupts for this version: a thread that waits for one gets ENODEV. */
    void wake() {
        interrupts.forEach(interrupt -> interrupt.counter().close());
    }
}
