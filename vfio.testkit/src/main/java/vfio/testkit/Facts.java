// SPDX-License-Identifier: Apache-2.0
package vfio.testkit;

import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Assertions;
import org.opentest4j.TestAbortedException;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.device.DeviceHandle;
import vfio.core.device.VfioUser;
import vfio.core.thread.Deadline;

/** What the groups of facts have in common: a rig, and the words of a failure. */
interface Facts {
    long PAUSE_NANOS = 200_000;

    /** The rig of this test, with nothing bound yet. */
    Rig rig();

    /** Whether the 64 bytes from there on may be read. */
    boolean readable(int region, long position);

    /** Fails the fact: what the driver did wrong, then what to do. */
    static <T> T wrong(String what, String advice) {
        return Assertions.fail(what + "; " + advice);
    }

    /** Fails the fact unless {@code right}. */
    static void require(boolean right, String what, String advice) {
        if (!right) {
            wrong(what, advice);
        }
    }

    /** Leaves the fact open: the driver does not claim it, or another fact stops it. */
    static <T> T notChecked(String why) {
        throw new TestAbortedException("not checked: " + why);
    }

    /** The device, bound and open; a driver that cannot do that fails its own facts and leaves the others open. */
    default DeviceHandle open() {
        return open(rig());
    }

    /** As {@link #open()}, on another rig. */
    static DeviceHandle open(Rig rig) {
        return open(rig, VfioUser.named("contract"));
    }

    /** The device, bound and open for a user. */
    static DeviceHandle open(Rig rig, VfioUser user) {
        try {
            rig.bind();
            return rig.open(user);
        } catch (VfioException e) {
            return notChecked("the device does not open: " + e.getMessage());
        }
    }

    /** Runs what must be refused; answers how, or null where it was not. */
    static Errno refusal(Runnable act) {
        try {
            act.run();
            return null;
        } catch (VfioException e) {
            return e.errno();
        }
    }

    /** Waits for what comes from other threads, as long as a call of the driver may take; answers whether it came. */
    default boolean comes(BooleanSupplier condition) {
        return comes(rig().limit(), condition);
    }

    /** Waits for what comes from other threads; answers whether it came. */
    static boolean comes(Duration patience, BooleanSupplier condition) {
        Deadline end = Deadline.in(patience);
        while (!condition.getAsBoolean()) {
            if (end.passed()) {
                return false;
            }
            LockSupport.parkNanos(PAUSE_NANOS); // leaves the processor to those that are waited for
        }
        return true;
    }

    /**
     * Whether nothing reaches a driver's object any more. Waits 5 s at most: a driver's thread that is about to end, and a
     * busy collector, take longer than a call.
     */
    static boolean collected(WeakReference<?> object) {
        return comes(Duration.ofSeconds(5), () -> {
            System.gc();
            return object.get() == null;
        });
    }
}
