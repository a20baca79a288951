// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.device;

/** An attachment of several open devices, counted: it is made for the first device and ends with the last. */
abstract class SharedAttachment implements Attachment {
    static final Runnable NOTHING = () -> { };

    private final Object lock;
    private int devices;

    /**
     * Makes an attachment without devices.
     *
     * @param lock held by every method, but not by the runnables that they return
     */
    SharedAttachment(Object lock) {
        this.lock = lock;
    }

    /** Counts a device that was opened. */
    final void opened() {
        devices++;
    }

    /**
     * Ends the attachment where no device is open.
     *
     * @return frees the memory; to be run without the lock
     */
    final Runnable endIfUnused() {
        return devices == 0 ? end() : NOTHING;
    }

    /** Ends the attachment, once the last device is closed or the first could not be opened. */
    abstract Runnable end();

    @Override
    public final void closed() {
        Runnable free;
        synchronized (lock) {
            devices--;
            free = endIfUnused();
        }
        free.run(); // without the lock, since it may be code of others
    }
}
