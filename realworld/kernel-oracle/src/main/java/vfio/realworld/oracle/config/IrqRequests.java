// SPDX-License-Identifier: Apache-2.0
package vfio.realworld.oracle.config;

import java.util.Random;
import vfio.core.EventSignal;
import vfio.core.IrqRequest;

/** Draws requests to SET_IRQS from a seed: half of them of the form the interface wants, half of any. */
final class IrqRequests {
    private static final int[] DATA = {IrqRequest.DATA_NONE, IrqRequest.DATA_BOOL, IrqRequest.DATA_EVENTFD};
    private static final int[] ACTIONS = {IrqRequest.ACTION_MASK, IrqRequest.ACTION_UNMASK, IrqRequest.ACTION_TRIGGER,
        IrqRequest.ACTION_TRIGGER, IrqRequest.ACTION_TRIGGER};
    private static final int INDICES = 6;
    private static final int MOST = 64;

    private final Random random;
    private final int[] available;

    /** @param available how many interrupts each index has */
    IrqRequests(long seed, int[] available) {
        random = new Random(seed);
        this.available = available.clone();
    }

    /** What a request says; the signals are each side's own. */
    record Drawn(int flags, int index, int start, int count, boolean[] values, boolean[] signalled) {

        IrqRequest with(EventSignal signal) {
            EventSignal[] signals = new EventSignal[signalled.length];
            for (int i = 0; i < signals.length; i++) {
                signals[i] = signalled[i] ? signal : null;
            }
            return IrqRequest.of(flags, index, start, count, values, signals);
        }
    }

    Drawn next() {
        int index = random.nextInt(30) == 0 ? INDICES - 1 : random.nextInt(INDICES - 1);
        int has = index < available.length ? available[index] : 1;
        int flags = random.nextInt(4) > 0 ? DATA[random.nextInt(DATA.length)] | ACTIONS[random.nextInt(ACTIONS.length)]
                : random.nextInt(128);
        int start = random.nextInt(3) > 0 ? 0 : pick(1, has - 1, has, -1, Integer.MIN_VALUE);
        int count = random.nextInt(3) > 0 ? pick(0, 1, 1, has) : pick(2, has - start, has + 1, -1, Integer.MAX_VALUE);
        int carried = count < 0 || count > MOST ? 0 : count;
        boolean[] values = new boolean[carried];
        boolean[] signalled = new boolean[carried];
        for (int i = 0; i < carried; i++) {
            values[i] = random.nextBoolean();
            signalled[i] = random.nextInt(3) > 0;
        }
        return new Drawn(flags, index, start, count, values, signalled);
    }

    private int pick(int... of) {
        return of[random.nextInt(of.length)];
    }
}
