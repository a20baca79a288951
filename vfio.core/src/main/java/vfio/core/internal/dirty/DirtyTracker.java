// SPDX-License-Identifier: Apache-2.0
package vfio.core.internal.dirty;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.dirty.DirtyLog;
import vfio.core.driver.DriverWorker;
import vfio.core.internal.turn.Turn;
import vfio.core.iova.DirtyBitmap;
import vfio.core.iova.IovaRange;
import vfio.core.thread.Deadline;

/**
 * The dirty log of one open device. It is made after the driver has opened the device, and ended before the driver closes
 * it.
 *
 * <p>{@link #end} never waits, whatever the driver is doing; what it leaves to the driver is queued for its worker.
 *
 * <p>Locks: {@code turn}, inside which the driver's worker is waited for; {@code running} changes on the worker alone.
 */
public final class DirtyTracker {
    /** What one call of the driver is asked for, so that it fits its time limit: 512 KiB of bits. */
    private static final int PIECE_PAGES = 1 << 22;

    private final String device;
    private final Turn turn = new Turn();
    private volatile Driver driver;
    private volatile boolean running;
    private volatile boolean ended;

    /** The driver; another one after an exchange. */
    private record Driver(DirtyLog log, DriverWorker worker, Duration limit) {
    }

    /** @param limit for each call of the driver */
    public DirtyTracker(String device, DirtyLog log, DriverWorker worker, Duration limit) {
        this.device = device;
        driver = new Driver(log, worker, limit);
    }

    /**
     * VFIO_DEVICE_FEATURE_DMA_LOGGING_START.
     *
     * @param pageSize in bytes
     * @return the page size that the device logs by
     * @throws VfioException EINVAL where there are no ranges, one is empty, is not aligned to the page size or overlaps
     *     another, the page size is no power of two, or the log runs; E2BIG where there are more than 256; EOVERFLOW where
     *     one does not fit 64 bits; ENODEV where the device is closed; else what the driver answered
     */
    public long start(long pageSize, List<IovaRange> ranges) {
        List<IovaRange> checked = checked(pageSize, ranges);
        return inTurn("start", () -> {
            if (running) {
                throw refused("start", Errno.EINVAL, "it runs; stop it first");
            }
            return call("start", () -> begun(driver.log.start(pageSize, IovaRange.combine(checked, maxRanges()))));
        });
    }

    private List<IovaRange> checked(long pageSize, List<IovaRange> ranges) {
        if (ranges.isEmpty()) {
            throw refused("start", Errno.EINVAL, "no ranges were given");
        }
        if (ranges.size() > DirtyLog.MAX_RANGES) {
            throw refused("start", Errno.E2BIG, ranges.size() + " ranges were given, " + DirtyLog.MAX_RANGES + " can be");
        }
        if (Long.bitCount(pageSize) != 1) {
            throw refused("start", Errno.EINVAL, "page size " + Long.toUnsignedString(pageSize) + " is no power of two");
        }
        List<IovaRange> checked = new ArrayList<>();
        for (IovaRange range : ranges) {
            check(pageSize, range);
            if (checked.stream().anyMatch(range::overlaps)) {
                throw refused("start", Errno.EINVAL, range + " overlaps another range");
            }
            checked.add(range);
        }
        return checked;
    }

    private void check(long pageSize, IovaRange range) {
        if (((range.first() | range.length()) & pageSize - 1) != 0) {
            throw refused("start", Errno.EINVAL, range + " is not aligned to 0x" + Long.toHexString(pageSize));
        }
        if (range.overflows()) {
            throw refused("start", Errno.EOVERFLOW, range + " does not fit 64 bits");
        }
        if (range.length() == 0) {
            throw refused("start", Errno.EINVAL, range + " is empty");
        }
    }

    private int maxRanges() {
        int most = driver.log.maxRanges();
        if (most < 1) {
            throw lied("the driver answered that it logs " + most + " ranges");
        }
        return most;
    }

    /** On the worker: the log runs, unless the device has closed meanwhile. */
    private long begun(long pageSize) {
        running = true;
        if (ended || Long.bitCount(pageSize) != 1) {
            stopRunning();
            refuseIfEnded("start");
            throw lied("the driver answered the page size " + Long.toUnsignedString(pageSize));
        }
        return pageSize;
    }

    /** On the worker. A log that does not stop runs on, to be stopped again. */
    private void stopRunning() {
        if (running) {
            driver.log.stop();
            running = false;
        }
    }

    /**
     * VFIO_DEVICE_FEATURE_DMA_LOGGING_STOP. A log that does not run is stopped already.
     *
     * @throws VfioException ENODEV where the device is closed; else what the driver answered
     */
    public void stop() {
        inTurn("stop", () -> running ? call("stop", () -> {
            stopRunning();
            return null;
        }) : null);
    }

    /**
     * VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT: what the device has written since the last report of the same addresses.
     *
     * @param pageSize in bytes
     * @throws VfioException as {@link DirtyBitmap#DirtyBitmap}; EINVAL where the log does not run; ENODEV where the device
     *     is closed; else what the driver answered: all pages have to be taken for dirty then
     */
    public DirtyBitmap report(long iova, long length, long pageSize) {
        DirtyBitmap report = new DirtyBitmap(iova, length, pageSize);
        return inTurn("report", () -> {
            if (!running) {
                throw refused("report", Errno.EINVAL, "it does not run; start it first");
            }
            for (int page = 0; page < report.pages(); page += PIECE_PAGES) {
                report.add(piece(report.part(page, PIECE_PAGES)));
            }
            return report;
        });
    }

    /** The driver has a bitmap of its own, since one that is stuck may still write into it later. */
    private DirtyBitmap piece(DirtyBitmap piece) {
        return call("report", () -> {
            driver.log.readAndClear(piece);
            return piece;
        });
    }

    /**
     * Calls this object's methods for a user.
     *
     * @param waits whether the user waits for an exchange of the driver
     * @throws VfioException EAGAIN, of kind HELD, for a user who does not wait, while the turn is held for an exchange
     */
    <T> T asUser(boolean waits, Supplier<T> act) {
        turn.lock(waits, "dirty log of " + device);
        try {
            return act.get();
        } finally {
            turn.unlock();
        }
    }

    private <T> T inTurn(String what, Supplier<T> act) {
        turn.lock();
        try {
            refuseIfEnded(what);
            return act.get();
        } finally {
            turn.unlock();
        }
    }

    private <T> T call(String act, Callable<T> call) {
        Driver now = driver;
        T answer = now.worker.call(act + " the dirty log of " + device, now.limit, () -> {
            refuseIfEnded(act);
            return call.call();
        });
        refuseIfEnded(act);
        return answer;
    }

    private void refuseIfEnded(String act) {
        if (ended) {
            throw refused(act, Errno.ENODEV, "the device was closed or revoked; open it again");
        }
    }

    private VfioException lied(String why) {
        return driver.worker.lied(Errno.EIO, "start the dirty log of " + device + ": " + why);
    }

    private VfioException refused(String act, Errno errno, String why) {
        return new VfioException(errno, act + " the dirty log of " + device + ": " + why);
    }

    /**
     * Holds the turn, for an exchange of the driver: no call of the driver begins until {@link #letGo}.
     *
     * @return false where another thread has the turn until the deadline
     */
    public boolean hold(Deadline deadline) {
        boolean held = deadline.lock(turn);
        if (held) {
            turn.exchanging(true);
        }
        return held;
    }

    public void letGo() {
        turn.exchanging(false);
        turn.unlock();
    }

    /** Tells whether the log runs, so that its driver cannot be exchanged now. */
    public boolean runs() {
        return running;
    }

    /** Has another driver log what the device writes; the turn is held, and the log does not run. */
    public void rebind(DirtyLog log, DriverWorker worker, Duration limit) {
        driver = new Driver(log, worker, limit);
    }

    /** The device closes: a log that runs is stopped, and users get ENODEV. */
    public void end() {
        ended = true;
        if (running) { // else one that is just being started finds that it has ended
            try {
                driver.worker.finish("stop the dirty log of " + device, Duration.ZERO, driver.limit, this::stopUnheard);
            } catch (VfioException e) {
                if (e.errno() != Errno.EBUSY) { // EBUSY: it comes when the driver's other calls are over
                    warn(e.getMessage());
                }
            }
        }
    }

    private void stopUnheard() {
        try {
            stopRunning();
        } catch (Throwable e) { // a driver may throw anything
            warn("stop the dirty log of " + device + ": the driver threw " + e.getClass().getName());
        }
    }

    private static void warn(String text) {
        System.getLogger(DirtyTracker.class.getName()).log(System.Logger.Level.WARNING, text);
    }
}
