// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import vfio.core.VfioException;

/**
 * The journal of updates: by symbolic name the one that is under way, and the latest one that was done, whose former build a
 * rollback brings back. It is kept in a file; what is open there at a start was cut off by the end of the daemon.
 */
final class Journal {
    private static final String OPEN = "open/";
    private static final String DONE = "done/";

    private final StateFile file;
    private Map<String, Entry> open = new TreeMap<>();
    private Map<String, Entry> done = new TreeMap<>();

    /** How far an update has come. */
    enum Step {
        /** The next build is started, and functions go over. */
        BEGUN,
        /** The next build serves; the former one still has functions. */
        MIXED,
        /** The next build has all functions; the former one stays started for a while. */
        SOAKING,
        /** The former build has left. */
        DONE
    }

    /**
     * An update.
     *
     * @param from the former build
     * @param to the next build, of the same symbolic name
     */
    record Entry(Build from, Build to, Step step) {
        private static final int PARTS = 5;

        private Entry at(Step next) {
            return new Entry(from, to, next);
        }

        private String text() {
            return String.join(" ", step.name().toLowerCase(Locale.ROOT), from.version().toString(), from.digest(),
                    to.version().toString(), to.digest());
        }

        private static Entry parse(String symbolicName, String text) {
            String[] parts = text.split(" ");
            if (parts.length != PARTS) {
                throw new IllegalArgumentException("'" + text + "' is not a step and two builds");
            }
            return new Entry(Build.parse(symbolicName, parts[1], parts[2]), Build.parse(symbolicName, parts[3], parts[4]),
                    Step.valueOf(parts[0].toUpperCase(Locale.ROOT)));
        }
    }

    /** Reads the journal; what cannot be read of it is a warning. */
    Journal(Path file) {
        this.file = new StateFile(file, "updates of drivers");
        this.file.load((key, text) -> {
            String name = key.substring(key.indexOf('/') + 1);
            Entry entry = Entry.parse(name, text);
            if (key.startsWith(OPEN)) {
                open.put(name, entry);
            } else if (key.startsWith(DONE)) {
                done.put(name, entry);
            } else {
                throw new IllegalArgumentException("it is neither open nor done");
            }
        });
    }

    /** Returns the updates that are under way, or were when the daemon ended. */
    synchronized Map<String, Entry> open() {
        return new TreeMap<>(open);
    }

    /** Returns the update of a symbolic name that is under way. */
    synchronized Optional<Entry> open(String symbolicName) {
        return Optional.ofNullable(open.get(symbolicName));
    }

    /** Returns the build that was before this one, where its latest update is known. */
    synchronized Optional<Build> before(Build build) {
        return Optional.ofNullable(done.get(build.symbolicName())).filter(entry -> entry.to().equals(build))
                .map(Entry::from);
    }

    /** Returns the digests of the builds that are needed for a way back. */
    synchronized Set<String> digests() {
        Set<String> digests = new HashSet<>();
        open.values().forEach(entry -> digests.addAll(Set.of(entry.from().digest(), entry.to().digest())));
        done.values().forEach(entry -> digests.add(entry.from().digest()));
        return digests;
    }

    /**
     * Notes that an update has begun.
     *
     * @throws VfioException EIO where that cannot be written: then it must not begin
     */
    synchronized void begin(Build from, Build to) {
        put(from.symbolicName(), new Entry(from, to, Step.BEGUN), done.get(from.symbolicName()));
    }

    /**
     * Notes how far the open update of a symbolic name has come; no effect where none is open.
     *
     * @throws VfioException EIO where that cannot be written
     */
    synchronized void step(String symbolicName, Step step) {
        Entry entry = open.get(symbolicName);
        if (entry == null || entry.step() == step) {
            return;
        }
        if (step == Step.DONE) {
            put(symbolicName, null, entry.at(step));
        } else {
            put(symbolicName, entry.at(step), done.get(symbolicName));
        }
    }

    /**
     * Notes that the open update of a symbolic name was undone.
     *
     * @param before the update that was open before it, or null
     * @throws VfioException EIO where that cannot be written
     */
    synchronized void undone(String symbolicName, Entry before) {
        put(symbolicName, before, done.get(symbolicName));
    }

    /**
     * Forgets a symbolic name that has left.
     *
     * @throws VfioException EIO where that cannot be written
     */
    synchronized void forget(String symbolicName) {
        if (open.containsKey(symbolicName) || done.containsKey(symbolicName)) {
            put(symbolicName, null, null);
        }
    }

    private void put(String symbolicName, Entry opened, Entry finished) {
        Map<String, Entry> nextOpen = with(open, symbolicName, opened);
        Map<String, Entry> nextDone = with(done, symbolicName, finished);
        Map<String, String> lines = new HashMap<>();
        nextOpen.forEach((name, entry) -> lines.put(OPEN + name, entry.text()));
        nextDone.forEach((name, entry) -> lines.put(DONE + name, entry.text()));
        file.store(lines);
        open = nextOpen;
        done = nextDone;
    }

    private static Map<String, Entry> with(Map<String, Entry> entries, String name, Entry entry) {
        Map<String, Entry> next = new TreeMap<>(entries);
        if (entry == null) {
            next.remove(name);
        } else {
            next.put(name, entry);
        }
        return next;
    }
}
