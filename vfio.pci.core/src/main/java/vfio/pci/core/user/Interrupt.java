// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.user;

import java.time.Duration;
import vfio.core.Errno;
import vfio.core.EventCounter;
import vfio.core.IrqRequest;
import vfio.core.VfioException;

/**
 * An interrupt of an open function. It counts from its set-up on, so that none is lost between two waits; its user closes it,
 * or it is closed with the function.
 */
public final class Interrupt implements AutoCloseable {
    private final Wiring wiring;
    private final int index;
    private final int vector;
    private final EventCounter counter = new EventCounter();

    /** The wiring of interrupts: what has set them up, and takes them back. */
    interface Wiring {
        /** Returns an interrupt's name, for messages. */
        String text(Interrupt interrupt);

        void request(IrqRequest request);

        /** Gives an interrupt back; does nothing for one that was given back. */
        void release(Interrupt interrupt);
    }

    Interrupt(Wiring wiring, int index, int vector) {
        this.wiring = wiring;
        this.index = index;
        this.vector = vector;
    }

    EventCounter counter() {
        return counter;
    }

    int index() {
        return index;
    }

    /** Returns the interrupt's number among those of its kind, from 0 on. */
    public int vector() {
        return vector;
    }

    /**
     * Waits until the interrupt has come, and takes its count. Data that the function stored before the interrupt is seen
     * after the wait.
     *
     * @return how often the interrupt came since the last take, at most once for the pin; 0 where it did not come before
     *     {@code patience} was over
     * @throws VfioException ENODEV where the interrupt is closed, now or during the wait, or the function is gone
     */
    public long await(Duration patience) throws InterruptedException {
        long came = counter.take(patience);
        if (came == 0 && !counter.usable()) {
            throw new VfioException(Errno.ENODEV, "wait for " + wiring.text(this)
                    + ": it was closed, or the function is gone");
        }
        return came;
    }

    /** Takes the count of interrupts since the last take, 0 for none; does not wait. */
    public long take() {
        return counter.take();
    }

    /**
     * Calls {@code onInterrupt} at each interrupt from now on, instead of counting; the call must be short.
     *
     * @return ends the calls when closed: none comes after that, but for one under way
     * @throws VfioException EBADF where the interrupt is closed
     */
    public AutoCloseable listen(Runnable onInterrupt) {
        return counter.listen(onInterrupt);
    }

    /**
     * Keeps the pin from coming.
     *
     * @throws VfioException EINVAL or ENOTTY for what cannot be masked: messages, ERR, REQ
     */
    public void mask() {
        wiring.request(IrqRequest.mask(index, vector, 1));
    }

    /** Lets the pin come again, at once where the function still asserts it; as {@link #mask}. */
    public void unmask() {
        wiring.request(IrqRequest.unmask(index, vector, 1));
    }

    /** Gives the interrupt back: none comes any more, and a thread that waits gets ENODEV. A second close does nothing. */
    @Override
    public void close() {
        wiring.release(this);
    }
}
