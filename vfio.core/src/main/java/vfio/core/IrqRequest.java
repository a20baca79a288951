// SPDX-License-Identifier: Apache-2.0
package vfio.core;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import java.util.function.ToIntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A request of VFIO_DEVICE_SET_IRQS ({@code struct vfio_irq_set}, uapi/linux/vfio.h). A program makes one by a method that is
 * named for its action; code that speaks the kernel's bytes uses {@link #decode} and {@link #encode}.
 */
public final class IrqRequest {
    public static final int DATA_NONE = 1;
    public static final int DATA_BOOL = 1 << 1;
    public static final int DATA_EVENTFD = 1 << 2;
    public static final int ACTION_MASK = 1 << 3;
    public static final int ACTION_UNMASK = 1 << 4;
    public static final int ACTION_TRIGGER = 1 << 5;

    /** The stand-in for a file number below -1; -1 itself means no signal. */
    static final EventSignal NEGATIVE = () -> { };

    private static final int DATA = DATA_NONE | DATA_BOOL | DATA_EVENTFD;
    private static final int ACTION = ACTION_MASK | ACTION_UNMASK | ACTION_TRIGGER;
    private static final long MOST = 0xffff_ffffL;

    private final int flags;
    private final int index;
    private final int start;
    private final int count;
    private final boolean[] values;
    private final EventSignal[] signals;

    private IrqRequest(int flags, int index, int start, int count, boolean[] values, EventSignal[] signals) {
        this.flags = flags;
        this.index = index;
        this.start = start;
        this.count = count;
        this.values = values.clone();
        this.signals = signals.clone();
    }

    /**
     * Returns a request with any flags; {@link #check} finds the wrong ones.
     *
     * @param start the first interrupt, unsigned
     * @param count the number of interrupts, unsigned
     * @param values for DATA_BOOL, one for each interrupt
     * @param signals for DATA_EVENTFD, one for each interrupt; null, the kernel's -1, takes a signal away
     */
    public static IrqRequest of(int flags, int index, int start, int count, boolean[] values, EventSignal[] signals) {
        return new IrqRequest(flags, index, start, count, values, signals);
    }

    /**
     * Reads a request from its struct, little-endian. {@link #check} and the device make the checks that depend on the
     * device. So a file that is not open becomes a signal that is not usable, which the device refuses with EBADF in place of
     * wiring an interrupt to it.
     *
     * @param bytes the struct, from the buffer's position on; bytes behind argsz are not read
     * @param files gives the signal behind a file's number, from 0 on; null for a number without an open file
     * @throws VfioException EINVAL where argsz, or the number of bytes, is less than the header and the data of its
     *     interrupts
     */
    public static IrqRequest decode(ByteBuffer bytes, IntFunction<EventSignal> files) {
        return IrqSet.decode(bytes, files);
    }

    /**
     * Writes the request as its struct, little-endian.
     *
     * @param files gives the number of the file behind a signal; a null signal is written as -1 without asking
     * @throws VfioException EINVAL where the request carries less data than it counts interrupts
     */
    public ByteBuffer encode(ToIntFunction<EventSignal> files) {
        return IrqSet.encode(this, files);
    }

    private static IrqRequest plain(int flags, int index, int start, int count) {
        return new IrqRequest(flags | DATA_NONE, index, start, count, new boolean[0], new EventSignal[0]);
    }

    /**
     * Returns a request that wires the interrupts from {@code start} on to signals, null for none, and sets the vectors up.
     */
    public static IrqRequest trigger(int index, int start, EventSignal... signals) {
        return new IrqRequest(ACTION_TRIGGER | DATA_EVENTFD, index, start, signals.length, new boolean[0], signals);
    }

    /** Returns a request that gives the interrupts of an index back. */
    public static IrqRequest disable(int index) {
        return plain(ACTION_TRIGGER, index, 0, 0);
    }

    /** Returns a request that signals the wired interrupts as if the device had raised them. */
    public static IrqRequest fire(int index, int start, int count) {
        return plain(ACTION_TRIGGER, index, start, count);
    }

    public static IrqRequest mask(int index, int start, int count) {
        return plain(ACTION_MASK, index, start, count);
    }

    public static IrqRequest unmask(int index, int start, int count) {
        return plain(ACTION_UNMASK, index, start, count);
    }

    /** Returns a request that unmasks interrupt 0 of an index at each event of {@code signal}; null ends this. */
    public static IrqRequest unmaskBy(int index, EventSignal signal) {
        return new IrqRequest(ACTION_UNMASK | DATA_EVENTFD, index, 0, 1, new boolean[0], new EventSignal[] {signal});
    }

    public int flags() {
        return flags;
    }

    /** Returns the DATA constants of the flags: exactly one, once {@link #check} has passed. */
    public int data() {
        return flags & DATA;
    }

    /** Returns the ACTION constants of the flags: none, one or several. */
    public int action() {
        return flags & ACTION;
    }

    public int index() {
        return index;
    }

    public int start() {
        return start;
    }

    public int count() {
        return count;
    }

    /** Returns DATA_BOOL's value for the interrupt {@code start + i}. */
    public boolean value(int i) {
        return values[i];
    }

    /** Returns the number of DATA_BOOL's values. */
    int values() {
        return values.length;
    }

    /** Returns DATA_EVENTFD's signal for the interrupt {@code start + i}, or null. */
    public EventSignal signal(int i) {
        return negative(i) ? null : signals[i];
    }

    /**
     * Tells whether another process gave a file number below -1 for the interrupt {@code start + i}. The interrupt's signal
     * is null then, as for -1; the PCI interrupts ERR and REQ refuse such a number.
     */
    public boolean negative(int i) {
        return signals[i] == NEGATIVE;
    }

    /** Returns DATA_EVENTFD's signals in order, with nulls. */
    public List<EventSignal> signals() {
        return IntStream.range(0, signals.length).mapToObj(this::signal).collect(Collectors.toCollection(ArrayList::new));
    }

    /**
     * Checks the request before any device sees it (vfio_set_irqs_validate_and_prepare, vfio_main.c).
     *
     * @param irqs the number of interrupt indices that the device has
     * @param available the number of interrupts that this index has
     * @throws VfioException EINVAL for unknown flags, an unknown index, interrupts that the index does not have, no or
     *     several data types, or too little data
     */
    public void check(int irqs, int available) {
        long first = start & MOST;
        long many = count & MOST;
        if ((flags & ~(DATA | ACTION)) != 0 || Integer.compareUnsigned(index, irqs) >= 0) {
            throw invalid("unknown flags or index; the device has " + irqs + " indices");
        }
        if (many >= MOST - first || first >= available || first + many > available) {
            throw invalid("the index has " + available + " interrupts");
        }
        if (Integer.bitCount(data()) != 1) {
            throw invalid("exactly one data type is needed");
        }
        if (data() == DATA_BOOL && values.length < many || data() == DATA_EVENTFD && signals.length < many) {
            throw invalid("it carries less data than it counts interrupts");
        }
    }

    /** Returns the refusal, with EINVAL, of a request that is wrong in itself. */
    public VfioException invalid(String why) {
        return refused(Errno.EINVAL, why);
    }

    public VfioException refused(Errno errno, String why) {
        return new VfioException(errno, "set " + this + ": " + why);
    }

    @Override
    public String toString() {
        return "%d interrupts of index %d from %d on, flags %x".formatted(count & MOST, index & MOST, start & MOST, flags);
    }
}
