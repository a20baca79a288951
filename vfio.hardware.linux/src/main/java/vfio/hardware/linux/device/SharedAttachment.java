// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.device;

/** What several open devices hang on, counted: it is made for the first of them and ends with the last. */
abstract class SharedAttachment implements Attachment {
    static final Runnable NOTHING = () -> { };

    private final Object lock;
    private int devices;

    /** @param lock held by all that is done here, but by what {@link #end} leaves to be done */
    SharedAttachment(Object lock) {
        this.lock = lock;
    }

    /** A device hangs on it. */
    final void opened() {
        devices++;
    }

    /** @return lets the memory go */
    final Runnable endIfUnused() {
        return devices == 0 ? end() : NOTHING;
    }

    /** Once the last device is closed, or the first could not be opened. */
    abstract Runnable end();

    @Override
    public final void closed() {
        Runnable free;
        synchronized (lock) {
            devices--;
            free = endIfUnused();
        }
        free.run(); // without the lock: that may be anyone's code
    }
}
