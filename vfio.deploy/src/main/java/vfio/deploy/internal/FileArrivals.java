// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.LongSupplier;

/**
 * The files that came, changed or went from scan to scan, each told of once it has been quiet for a while: a file that is
 * still being copied is waited for, and so is a deletion that a new file of the same name may follow.
 */
final class FileArrivals {
    private static final Duration OLD = Duration.ofSeconds(1);

    private final long quiet;
    private final Duration patience;
    private final LongSupplier nanos;
    private final Map<Path, Sighting> seen = new HashMap<>();
    private long next = Long.MAX_VALUE;

    /**
     * A file, unchanged since a moment.
     *
     * @param stamp null where the file is gone
     * @param since in nanoseconds
     * @param handled whether the change has been handed out
     */
    private record Sighting(FileStamp stamp, long since, boolean handled) {
    }

    /**
     * A file that is to be handled.
     *
     * @param stamp null where the file is gone
     * @param objection why the file cannot be a jar, or null
     */
    record FileChange(Path path, FileStamp stamp, String objection) {
    }

    /**
     * Has seen no file yet.
     *
     * @param quiet how long a file must not have changed
     * @param patience how long a file that is no whole zip is waited for after its last change
     * @param nanos the clock
     */
    FileArrivals(Duration quiet, Duration patience, LongSupplier nanos) {
        this.quiet = quiet.toNanos();
        this.patience = patience;
        this.nanos = nanos;
    }

    /** Takes in one more scan; returns the files that are to be handled. */
    List<FileChange> settle(FolderScan.Listing scan) {
        long now = nanos.getAsLong();
        scan.files().forEach((path, stamp) -> sight(path, stamp, now));
        Set<Path> known = new TreeSet<>(seen.keySet());
        known.removeIf(scan::hides); // these stay as they were last seen
        known.stream().filter(path -> !scan.files().containsKey(path)).forEach(path -> sight(path, null, now));
        next = Long.MAX_VALUE;
        List<FileChange> changes = new ArrayList<>();
        for (Path path : known) {
            Sighting sighting = seen.get(path);
            FileChange change = sighting.handled() ? null : change(path, sighting, now);
            if (change != null) {
                changes.add(change);
                seen.put(path, new Sighting(sighting.stamp(), sighting.since(), true));
            }
        }
        seen.values().removeIf(sighting -> sighting.stamp() == null && sighting.handled());
        return changes;
    }

    private void sight(Path path, FileStamp stamp, long now) {
        Sighting before = seen.get(path);
        if (before == null || !Objects.equals(before.stamp(), stamp)) {
            seen.put(path, new Sighting(stamp, now, false));
        }
    }

    private FileChange change(Path path, Sighting sighting, long now) {
        FileStamp stamp = sighting.stamp();
        long age = now - sighting.since();
        if (age < quiet && !(stamp != null && olderThan(OLD, stamp))) {
            return later(sighting.since() + quiet);
        }
        if (stamp == null) {
            return new FileChange(path, null, null);
        }
        if (!stamp.regular()) {
            return new FileChange(path, stamp, stamp.equals(FileStamp.DANGLING) ? "a link to nothing" : "no regular file");
        }
        try {
            return switch (ZipTail.of(path)) {
                case COMPLETE -> new FileChange(path, stamp, null);
                case NO_ZIP -> new FileChange(path, stamp, "no zip: it does not begin as one");
                case INCOMPLETE -> age >= patience.toNanos() || olderThan(patience, stamp)
                        ? new FileChange(path, stamp, "truncated: the zip's end is missing; copy it again")
                        : later(sighting.since() + patience.toNanos());
            };
        } catch (NoSuchFileException e) {
            return later(now + quiet); // the next scan sees that it is gone
        } catch (IOException e) {
            return new FileChange(path, stamp, "cannot be read: " + e.getMessage());
        }
    }

    private FileChange later(long at) {
        next = Math.min(next, at);
        return null;
    }

    /** Tells, by the wall clock, whether a file is old; a time in the future is not. */
    private static boolean olderThan(Duration age, FileStamp stamp) {
        return stamp.modified().toInstant().isBefore(Instant.now().minus(age));
    }

    /** Returns the files that are not settled yet. */
    Set<Path> waiting() {
        Set<Path> waiting = new TreeSet<>();
        seen.forEach((path, sighting) -> {
            if (!sighting.handled() && sighting.stamp() != null) {
                waiting.add(path);
            }
        });
        return waiting;
    }

    /** Tells whether all changes that the latest scan saw have been handed out. */
    boolean settled() {
        return next == Long.MAX_VALUE;
    }

    /** Returns the nanoseconds until another scan is due, where not all is settled. */
    long due() {
        return Math.max(0, next - nanos.getAsLong());
    }
}
