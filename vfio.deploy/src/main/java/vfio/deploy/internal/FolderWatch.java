// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import static java.nio.file.StandardWatchEventKinds.ENTRY_CREATE;
import static java.nio.file.StandardWatchEventKinds.ENTRY_DELETE;
import static java.nio.file.StandardWatchEventKinds.ENTRY_MODIFY;

import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.WatchEvent;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import vfio.core.thread.DaemonThread;

/**
 * The watch on the folders, which tells when they should be scanned: at once by inotify, which also tells that another folder
 * has taken the place of one, else every 2 s. No event tells of a mount over a folder or of the mode of one above it. Such
 * changes are looked for after 2 s, then after ever longer pauses of at most 16 s until something changes. The watch has one
 * thread from {@link #start} to {@link #close}.
 */
final class FolderWatch implements AutoCloseable {
    private static final long TICK_MILLIS = 2000;
    private static final long LONGEST_MILLIS = 8 * TICK_MILLIS;
    /** The file systems on which inotify does not see changes that other machines make. */
    private static final Pattern REMOTE = Pattern.compile("nfs.*|cifs|smb.*|9p|fuse.*|vboxsf|virtiofs|ceph|afs|lustre|gpfs");

    private final List<Path> folders;
    private final Runnable changed;
    private final WatchService service;
    private final Map<Path, Watched> watched = new HashMap<>();
    /** The keys of the folders right above. */
    private Set<WatchKey> above = Set.of();
    private long pauseMillis = TICK_MILLIS;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Thread thread = DaemonThread.of("vfio-deploy-watch", this::run);

    /**
     * A watched folder: inotify follows the inode, so a folder renamed or made writable is noticed by its key.
     *
     * @param polled whether inotify does not tell all changes; looked up when the folder changes, not at each tick
     */
    private record Watched(WatchKey watch, Object fileKey, boolean polled) {
    }

    FolderWatch(List<Path> folders, Runnable changed) {
        this.folders = folders;
        this.changed = changed;
        service = newService();
        attach();
    }

    private static WatchService newService() {
        try {
            return FileSystems.getDefault().newWatchService();
        } catch (IOException | UnsupportedOperationException e) {
            warn("no inotify, folders are read every " + TICK_MILLIS + " ms: " + e.getMessage());
            return null;
        }
    }

    private static void warn(String text) {
        System.getLogger(FolderWatch.class.getName()).log(System.Logger.Level.WARNING, text);
    }

    /** Begins. */
    void start() {
        thread.start();
    }

    private void run() {
        try {
            while (closed.getCount() > 0) {
                WatchKey key = next();
                boolean scan = key == null ? attach() || polled() : drained(key);
                if (scan || polled() || watched.size() < folders.size()) { // the latter where a folder is missing
                    pauseMillis = TICK_MILLIS;
                } else if (key == null) {
                    pauseMillis = Math.min(2 * pauseMillis, LONGEST_MILLIS);
                }
                if (scan) {
                    changed.run();
                }
            }
        } catch (ClosedWatchServiceException e) {
            // The end: close() has closed it.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private WatchKey next() throws InterruptedException {
        if (service != null) {
            return service.poll(pauseMillis, TimeUnit.MILLISECONDS);
        }
        closed.await(pauseMillis, TimeUnit.MILLISECONDS);
        return null;
    }

    /** Tells whether there is a folder of which inotify does not tell all. */
    private boolean polled() {
        return watched.values().stream().anyMatch(Watched::polled);
    }

    /** Takes the events off a key; returns whether to scan. Their contents do not matter, since a scan reads everything. */
    private boolean drained(WatchKey key) {
        List<WatchEvent<?>> events = key.pollEvents();
        boolean relevant = watched.values().stream().anyMatch(entry -> key.equals(entry.watch()))
                && events.stream().anyMatch(event -> !(event.context() instanceof Path path) || FolderScan.isJarName(path));
        boolean replaced = above.contains(key) && events.stream().anyMatch(this::isOfAFolder);
        if (!key.reset()) {
            boolean lost = watched.values().removeIf(entry -> key.equals(entry.watch())); // those polled have none
            return attach() || lost;
        }
        if (replaced && attach()) {
            return true;
        }
        if (relevant) { // a link may have come or gone, and what is scanned now depends on who may write the folders now
            watched.replaceAll((folder, entry) -> watched(folder, entry.watch(), sameFolder(folder, entry.fileKey())));
        }
        return relevant;
    }

    private boolean isOfAFolder(WatchEvent<?> event) {
        return !(event.context() instanceof Path name) || folders.stream().anyMatch(folder -> folder.endsWith(name));
    }

    /**
     * Watches all folders anew where one of them is not watched yet or is another now; returns whether there was any. The
     * folders come after those above them: one that is both is watched for what files do, too.
     */
    private boolean attach() {
        Map<Path, Object> present = new HashMap<>();
        for (Path folder : folders) {
            Object key = fileKey(folder);
            if (key != null) {
                present.put(folder, key);
            }
        }
        Map<Path, Object> known = new HashMap<>();
        watched.forEach((folder, entry) -> known.put(folder, entry.fileKey()));
        if (present.equals(known)) {
            return false;
        }
        above.forEach(WatchKey::cancel);
        watched.values().stream().map(Watched::watch).filter(Objects::nonNull).forEach(WatchKey::cancel);
        watched.clear();
        above = present.keySet().stream().map(Path::getParent).filter(Objects::nonNull)
                .map(parent -> register(parent, ENTRY_CREATE, ENTRY_DELETE))
                .filter(Objects::nonNull).collect(Collectors.toSet());
        present.forEach((folder, key) -> watched.put(folder, watched(folder, register(folder, ENTRY_CREATE, ENTRY_MODIFY,
                ENTRY_DELETE), key)));
        return true;
    }

    private static Object fileKey(Path folder) {
        try {
            FileStamp stamp = FileStamp.of(folder);
            return stamp.directory() ? List.of(stamp.key(), FileStamp.place(folder)) : null;
        } catch (IOException e) {
            return null;
        }
    }

    /**
     * Returns the present key of a folder, or the former one where it is another folder now, which {@link #attach} handles.
     */
    private static Object sameFolder(Path folder, Object before) {
        Object now = fileKey(folder);
        return now instanceof List<?> fresh && before instanceof List<?> known && fresh.get(0).equals(known.get(0))
                ? now : before;
    }

    private WatchKey register(Path folder, WatchEvent.Kind<?>... kinds) {
        try {
            return service == null ? null : folder.register(service, kinds);
        } catch (IOException e) {
            warn(folder + " is read every " + TICK_MILLIS + " ms: " + e.getMessage());
            return null;
        }
    }

    /**
     * Looks up how a folder is watched: inotify is silent where it is missing, another machine writes, or files are links.
     */
    private static Watched watched(Path folder, WatchKey watch, Object fileKey) {
        boolean polled;
        try {
            polled = watch == null || REMOTE.matcher(Files.getFileStore(folder).type()).matches() || hasLinks(folder);
        } catch (IOException | DirectoryIteratorException e) { // the latter where reading fails after opening
            polled = true;
        }
        return new Watched(watch, fileKey, polled);
    }

    private static boolean hasLinks(Path folder) throws IOException {
        try (DirectoryStream<Path> links = Files.newDirectoryStream(folder,
                file -> FolderScan.isJarName(file) && Files.isSymbolicLink(file))) {
            return links.iterator().hasNext();
        }
    }

    @Override
    public void close() {
        closed.countDown();
        if (service != null) {
            try {
                service.close();
            } catch (IOException e) {
                warn("inotify does not close: " + e.getMessage());
            }
        }
        try {
            thread.join(TICK_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
