// SPDX-License-Identifier: Apache-2.0
package vfio.core;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * One VFIO_DEVICE_SET_IRQS ({@code struct vfio_irq_set}, uapi/linux/vfio.h). A program makes one by a factory; a wire
 * face by {@link #of}, with whatever flags it was sent.
 */
public final class IrqRequest {
    public static final int DATA_NONE = 1;
    public static final int DATA_BOOL = 1 << 1;
    public static final int DATA_EVENTFD = 1 << 2;
    public static final int ACTION_MASK = 1 << 3;
    public static final int ACTION_UNMASK = 1 << 4;
    public static final int ACTION_TRIGGER = 1 << 5;

    /** Stands for the number of a file that is negative, and not the -1 that means none. */
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
     * A request with any flags; {@link #check} says what is wrong with it.
     *
     * @param start unsigned
     * @param count unsigned
     * @param values for DATA_BOOL, one for each interrupt
     * @param signals for DATA_EVENTFD, one for each interrupt; null, the kernel's -1, takes a signal away
     */
    public static IrqRequest of(int flags, int index, int start, int count, boolean[] values, EventSignal[] signals) {
        return new IrqRequest(flags, index, start, count, values, signals);
    }

    private static IrqRequest plain(int flags, int index, int start, int count) {
        return new IrqRequest(flags | DATA_NONE, index, start, count, new boolean[0], new EventSignal[0]);
    }

    /** Wires interrupts from {@code start} on to signals, null for none; this also sets the vectors up. */
    public static IrqRequest trigger(int index, int start, EventSignal... signals) {
        return new IrqRequest(ACTION_TRIGGER | DATA_EVENTFD, index, start, signals.length, new boolean[0], signals);
    }

    /** Gives the interrupts of an index back. */
    public static IrqRequest disable(int index) {
        return plain(ACTION_TRIGGER, index, 0, 0);
    }

    /** Fires what is wired, as if the device had. */
    public static IrqRequest fire(int index, int start, int count) {
        return plain(ACTION_TRIGGER, index, start, count);
    }

    public static IrqRequest mask(int index, int start, int count) {
        return plain(ACTION_MASK, index, start, count);
    }

    public static IrqRequest unmask(int index, int start, int count) {
        return plain(ACTION_UNMASK, index, start, count);
    }

    /** Unmasks an interrupt at each event of {@code signal}; null ends that. */
    public static IrqRequest unmaskBy(int index, EventSignal signal) {
        return new IrqRequest(ACTION_UNMASK | DATA_EVENTFD, index, 0, 1, new boolean[0], new EventSignal[] {signal});
    }

    public int flags() {
        return flags;
    }

    /** One of the DATA constants, once {@link #check} has passed. */
    public int data() {
        return flags & DATA;
    }

    /** The ACTION constants of the flags: none, one or several. */
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

    /** DATA_BOOL's value for the interrupt {@code start + i}. */
    public boolean value(int i) {
        return values[i];
    }

    /** How many values it carries. */
    int values() {
        return values.length;
    }

    /** DATA_EVENTFD's signal for the interrupt {@code start + i}, or null. */
    public EventSignal signal(int i) {
        return negative(i) ? null : signals[i];
    }

    /**
     * Whether another process gave the number of a file below -1 for the interrupt {@code start + i}. Its signal is null, as
     * for -1; ERR and REQ of PCI refuse it.
     */
    public boolean negative(int i) {
        return signals[i] == NEGATIVE;
    }

    /** DATA_EVENTFD's signals in order, with nulls. */
    public List<EventSignal> signals() {
        return IntStream.range(0, signals.length).mapToObj(this::signal).collect(Collectors.toCollection(ArrayList::new));
    }

    /**
     * The checks that come before any device sees the request (vfio_set_irqs_validate_and_prepare, vfio_main.c).
     *
     * @param irqs how many indices the device has
     * @param available how many interrupts this index has
     * @throws VfioException EINVAL
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

    /** The answer to a request that is wrong in itself. */
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
