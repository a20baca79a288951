// SPDX-License-Identifier: Apache-2.0
package vfio.core.internal.dirty;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.lifecycle.AfterProperty;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.dirty.DirtyPages;
import vfio.core.dirty.ReferenceLog;
import vfio.core.driver.DriverWorker;
import vfio.core.iova.DirtyBitmap;
import vfio.core.iova.IovaRange;

class DirtyTrackerTest {
    private static final Duration LONG = Duration.ofMinutes(1);
    private static final List<IovaRange> MEGABYTE = List.of(IovaRange.of(0, 1 << 20));

    private final DriverWorker worker = new DriverWorker("acme", fault -> { });
    private final ReferenceLog log = new ReferenceLog();
    private final DirtyTracker tracker = new DirtyTracker("0000:01:00.2", log, worker, LONG);

    @AfterEach
    @AfterProperty
    void end() {
        worker.close();
    }

    private static Errno errno(Executable act) {
        return assertThrows(VfioException.class, act).errno();
    }

    private Errno start(long pageSize, IovaRange... ranges) {
        Errno errno = errno(() -> tracker.start(pageSize, List.of(ranges)));
        assertEquals(List.of(), log.calls);
        return errno;
    }

    private static List<IovaRange> pages(int count) {
        return LongStream.range(0, count).mapToObj(page -> IovaRange.of(page * 8192, 4096)).toList();
    }

    @Test
    @Tag("C8-36")
    void noRangesAreRefused() {
        assertEquals(Errno.EINVAL, start(4096));
    }

    @Test
    @Tag("C8-37")
    void moreThan256RangesAreRefused() {
        assertEquals(Errno.E2BIG, start(4096, pages(257).toArray(new IovaRange[0])));
        assertEquals(Errno.E2BIG, start(3, pages(257).toArray(new IovaRange[0]))); // before they are looked at
        assertEquals(4096, tracker.start(4096, pages(256)));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2048, 4095, 4097, 6144})
    @Tag("C8-38")
    void rangesAreAligned(long odd) {
        assertEquals(Errno.EINVAL, start(4096, IovaRange.of(odd, 4096)));
        assertEquals(Errno.EINVAL, start(4096, IovaRange.of(0, odd)));
        assertEquals(Errno.EINVAL, start(4096, MEGABYTE.get(0), IovaRange.of(1 << 20, odd)));
        assertEquals(Errno.EINVAL, start(4096, IovaRange.of(-4096, 4096 + odd))); // alignment is looked at first
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 3, 4095, 4097, -1, -4096})
    void pageSizeIsAPowerOfTwo(long pageSize) {
        assertEquals(Errno.EINVAL, start(pageSize, IovaRange.of(0, 0)));
        assertEquals(Errno.EINVAL, start(pageSize, MEGABYTE.get(0)));
    }

    @Test
    @Tag("C8-39")
    void rangesDoNotOverlap() {
        IovaRange middle = IovaRange.of(0x4000, 0x4000);
        for (IovaRange other : List.of(middle, IovaRange.of(0x7000, 0x1000), IovaRange.of(0x4000, 0x1000),
                IovaRange.of(0x5000, 0x1000), IovaRange.of(0, 0x10000), IovaRange.of(0x3000, 0x2000),
                IovaRange.of(0x7000, 0x2000))) {
            assertEquals(Errno.EINVAL, start(4096, middle, other), other.toString());
            assertEquals(Errno.EINVAL, start(4096, other, middle), other.toString());
        }
        tracker.start(4096, List.of(IovaRange.of(0x8000, 0x1000), middle, IovaRange.of(0x3000, 0x1000)));
        assertEquals(List.of("start 4096 [0x3000+0x1000, 0x4000+0x4000, 0x8000+0x1000]"), log.calls);
    }

    @Test
    @Tag("C8-40")
    void rangesFit64Bits() {
        assertEquals(Errno.EOVERFLOW, start(4096, IovaRange.of(-4096, 4096)));
        assertEquals(Errno.EOVERFLOW, start(4096, IovaRange.of(8192, -4096)));
        assertEquals(Errno.EOVERFLOW, start(4096, MEGABYTE.get(0), IovaRange.of(-4096, 8192)));
        tracker.start(4096, List.of(IovaRange.of(-8192, 4096)));
    }

    @Test
    void emptyRangeIsRefused() {
        assertEquals(Errno.EINVAL, start(4096, IovaRange.of(4096, 0)));
    }

    @Test
    void logRunsOnce() {
        assertEquals(Errno.EINVAL, errno(() -> tracker.report(0, 4096, 4096)));
        tracker.stop();
        assertEquals(List.of(), log.calls);
        tracker.start(4096, MEGABYTE);
        assertEquals(Errno.EINVAL, errno(() -> tracker.start(4096, MEGABYTE)));
        tracker.stop();
        tracker.stop();
        assertEquals(Errno.EINVAL, errno(() -> tracker.report(0, 4096, 4096)));
        tracker.start(4096, MEGABYTE);
        assertEquals(3, log.calls.size());
    }

    @Test
    void driverChoosesThePageSize() {
        log.pageSize = 65536;
        assertEquals(65536, tracker.start(4096, MEGABYTE));
        log.write(65536 + 5);
        assertEquals(16, tracker.report(0, 1 << 20, 4096).dirtyPages()); // its bit, as many times as pages fit it
        log.write(65536 + 5);
        assertEquals(1, tracker.report(0, 1 << 20, 1 << 20).dirtyPages());
    }

    @Test
    @Tag("C8-42")
    void reportClearsWhatItReports() {
        tracker.start(4096, MEGABYTE);
        log.write(0x3000);
        log.write(0x5fff);
        log.write(1 << 20); // outside
        DirtyBitmap report = tracker.report(0x2000, 0x3000, 4096);
        assertTrue(report.isDirty(1));
        assertEquals(1, report.dirtyPages());
        assertEquals(0, tracker.report(0x2000, 0x3000, 4096).dirtyPages());
        assertEquals(1, tracker.report(0, 2 << 20, 4096).dirtyPages());
        assertEquals(0, tracker.report(0, 2 << 20, 4096).dirtyPages());
    }

    @Test
    void longReportsAreAskedForInPieces() {
        tracker.start(4096, List.of(IovaRange.of(0, 1L << 40)));
        long piece = 4096L << 22;
        log.write(piece - 1);
        log.write(piece);
        log.write(2 * piece + 1);
        DirtyBitmap report = tracker.report(0, 2 * piece + 2, 4096);
        assertEquals(List.of((1 << 22) - 1, 1 << 22, 1 << 23), report.pages() == (1 << 23) + 1
                ? IntStream.range(0, report.pages()).filter(report::isDirty).boxed().toList() : null);
        assertEquals(List.of("report 0x0+0x400000000", "report 0x400000000+0x400000000", "report 0x800000000+0x2"),
                log.calls.subList(1, 4));
    }

    @Test
    void hugePagesDoNotOverflow() {
        tracker.start(1L << 62, List.of(IovaRange.of(1L << 62, 1L << 62)));
        log.write(1L << 62);
        DirtyBitmap report = tracker.report(0, -1, 1L << 62);
        assertEquals(4, report.pages());
        assertTrue(report.isDirty(1));
        assertEquals(1, report.dirtyPages());
    }

    @Test
    void rangesAreMergedToWhatTheDriverTakes() {
        log.maxRanges = 2;
        tracker.start(4096, List.of(IovaRange.of(0x9000, 0x1000), IovaRange.of(0, 0x1000), IovaRange.of(0x2000, 0x1000)));
        assertEquals(List.of("start 4096 [0x0+0x3000, 0x9000+0x1000]"), log.calls);
    }

    @Test
    void driverThatLiesIsNotStarted() {
        log.maxRanges = 0;
        assertEquals(Errno.EIO, errno(() -> tracker.start(4096, MEGABYTE)));
        log.maxRanges = 1;
        log.pageSize = 5;
        assertEquals(Errno.EIO, errno(() -> tracker.start(4096, MEGABYTE)));
        assertEquals("stop", log.calls.get(1));
        log.pageSize = 0;
        tracker.start(4096, MEGABYTE);
    }

    @Test
    void failuresLeaveTheLogAsItWas() {
        log.fails = true;
        assertEquals(Errno.ENOTCONN, errno(() -> tracker.start(4096, MEGABYTE)));
        log.fails = false;
        tracker.start(4096, MEGABYTE);
        log.fails = true;
        assertEquals(Errno.ENOTCONN, errno(() -> tracker.report(0, 4096, 4096)));
        assertEquals(Errno.ENOTCONN, errno(tracker::stop));
        log.fails = false;
        tracker.report(0, 4096, 4096);
        tracker.stop();
    }

    @Test
    void lastCloseStopsTheLog() {
        tracker.start(4096, MEGABYTE);
        tracker.end();
        tracker.end();
        worker.run("close", LONG, () -> assertEquals("stop", log.calls.get(1)));
        assertEquals(2, log.calls.size());
        assertEquals(Errno.ENODEV, errno(() -> tracker.start(4096, MEGABYTE)));
        assertEquals(Errno.ENODEV, errno(tracker::stop));
        assertEquals(Errno.ENODEV, errno(() -> tracker.report(0, 4096, 4096)));
    }

    @Test
    void logThatNeverRanIsNotStopped() {
        tracker.end();
        worker.run("close", LONG, () -> assertEquals(List.of(), log.calls));
    }

    @Test
    void endDoesNotWaitForAStart() throws Exception {
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        log.inside = () -> {
            inside.countDown();
            try {
                release.await();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        };
        CompletableFuture<Errno> start = new CompletableFuture<>();
        new Thread(() -> start.complete(errno(() -> tracker.start(4096, MEGABYTE)))).start();
        inside.await();
        tracker.end();
        assertFalse(start.isDone());
        release.countDown();
        assertEquals(Errno.ENODEV, start.get());
        await().until(() -> log.calls.size() == 2 && log.calls.get(1).equals("stop"));
    }

    @Test
    void viewAnswersEnottyWithoutALog() {
        DirtyPages none = new HandleDirtyPages("0000:01:00.2", true, Optional::empty);
        assertEquals(Errno.ENOTTY, errno(() -> none.start(4096, MEGABYTE)));
        assertEquals(Errno.ENOTTY, errno(none::stop));
        assertEquals(Errno.ENOTTY, errno(() -> none.report(0, 4096, 4096)));
        DirtyPages pages = new HandleDirtyPages("0000:01:00.2", true, () -> Optional.of(tracker));
        assertEquals(4096, pages.start(4096, MEGABYTE));
        log.write(0);
        assertEquals(1, pages.report(0, 8192, 4096).dirtyPages());
        pages.stop();
        assertEquals(3, log.calls.size());
    }

    /** Writes and reports in turn; no write is lost, and none is told twice. */
    @Property(tries = 100)
    void everyWriteIsReportedOnce(@ForAll List<@IntRange(min = 0, max = 255) Integer> acts,
            @ForAll @IntRange(min = 0, max = 4) int logShift, @ForAll @IntRange(min = 0, max = 4) int shift) {
        log.pageSize = 4096L << logShift;
        tracker.start(4096, MEGABYTE);
        TreeSet<Integer> written = new TreeSet<>();
        for (int act : acts) {
            if (act % 4 != 0) {
                log.write(act * 4096L);
                written.add(act >> logShift);
                continue;
            }
            TreeSet<Integer> expected = new TreeSet<>();
            written.forEach(page -> {
                for (int small = page << logShift; small < page + 1 << logShift; small++) {
                    expected.add(small >> shift);
                }
            });
            written.clear();
            DirtyBitmap report = tracker.report(0, 1 << 20, 4096L << shift);
            List<Integer> told = new ArrayList<>();
            for (int page = 0; page < report.pages(); page++) {
                if (report.isDirty(page)) {
                    told.add(page);
                }
            }
            assertEquals(List.copyOf(expected), told);
        }
        tracker.stop();
    }
}
