// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import vfio.core.thread.DaemonThread;

/**
 * The watch on the folders, which tells when they should be scanned: at once by inotify, else every 2 s. It has one thread
 * from {@link #start} to {@link #close}.
 */
final class FolderWatch implements AutoCloseable {
    private static final long TICK_MILLIS = 2000;
    /** The file systems on which inotify does not see changes that other machines make. */
    private static final Pattern REMOTE = Pattern.compile("nfs.*|cifs|smb.*|9p|fuse.*|vboxsf|virtiofs|ceph|afs|lustre|gpfs");

    private final List<Path> folders;
    private final Runnable changed;
    private final WatchService service;
    private final Map<Path, Watched> watched = new HashMap<>();
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
                if (key == null ? attach() || watched.values().stream().anyMatch(Watched::polled) : drained(key)) {
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
            return service.poll(TICK_MILLIS, TimeUnit.MILLISECONDS);
        }
        closed.await(TICK_MILLIS, TimeUnit.MILLISECONDS);
        return null;
    }

    /** Takes the events off a key; returns whether to scan. Their contents do not matter, since a scan reads everything. */
    private boolean drained(WatchKey key) {
        boolean relevant = key.pollEvents().stream().anyMatch(event -> !(event.context() instanceof Path path)
                || FolderScan.isJarName(path));
        if (!key.reset()) {
            watched.values().removeIf(entry -> key.equals(entry.watch())); // those polled have none
            attach();
            return true;
        }
        if (relevant) { // a link may have come or gone, and what is scanned now depends on who may write the folders now
            watched.replaceAll((folder, entry) -> watched(folder, entry.watch(), sameFolder(folder, entry.fileKey())));
        }
        return relevant;
    }

    /** Watches the folders that are not watched yet or are others now; returns whether there was any. */
    private boolean attach() {
        boolean any = false;
        for (Path folder : folders) {
            Watched before = watched.get(folder);
            Object key = fileKey(folder);
            if (!Objects.equals(key, before == null ? null : before.fileKey())) {
                if (before != null && before.watch() != null) {
                    before.watch().cancel();
                }
                watched.remove(folder);
                if (key != null) {
                    watched.put(folder, watched(folder, register(folder), key));
                }
                any = true;
            }
        }
        return any;
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

    private WatchKey register(Path folder) {
        try {
            return service == null ? null : folder.register(service, StandardWatchEventKinds.ENTRY_CREATE,
                    StandardWatchEventKinds.ENTRY_MODIFY, StandardWatchEventKinds.ENTRY_DELETE);
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
