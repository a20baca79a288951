// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import vfio.core.EventLog;
import vfio.deploy.DeployAdmin.FileRow;

/**
 * The states of files that the deploy thread publishes for other threads. A change of a file's state becomes an event, and a
 * line of the log.
 */
final class Publication {
    private static final Map<FileState, String> EVENTS = Map.of(FileState.REFUSED, "bundle-refused", FileState.FAILED,
            "bundle-failed", FileState.UNRESOLVED, "bundle-failed", FileState.SUPERSEDED, "bundle-superseded",
            FileState.DUPLICATE, "bundle-superseded", FileState.HELD, "update-held");

    private final EventLog events;
    /** The row that was told last of each file; a file that waits is not told of. */
    private final Map<Path, FileRow> told = new HashMap<>();
    private volatile List<Published> latest = List.of();

    /** A row, and the file it stands for. */
    private record Published(Path path, FileRow row, DriverRows.FileView view) {
    }

    Publication(EventLog events) {
        this.events = events;
    }

    /** Publishes the present states. */
    void publish(Reconciler reconciler, Set<Path> waiting) {
        Map<Path, Published> now = new TreeMap<>();
        reconciler.files().all()
                .forEach(file -> now.put(file.path, published(reconciler, file, waiting.contains(file.path))));
        waiting.forEach(path -> now.computeIfAbsent(path, Publication::arriving));
        latest = List.copyOf(now.values());
        told.keySet().retainAll(now.keySet());
        now.forEach((path, entry) -> {
            if (entry.view().state() != FileState.WAITING) {
                tell(entry.row(), entry.view().state(), told.put(path, entry.row()));
            }
        });
    }

    private static Published published(Reconciler reconciler, DriverFile file, boolean waiting) {
        FileState state = waiting ? FileState.WAITING : file.state();
        String keeps = reconciler.keeps(file);
        String why = waiting ? "still being copied" : state == FileState.WAITING && file.reason() == null
                ? "its turn has not come" : file.reason();
        boolean said = keeps == null || state == FileState.HELD
                || why != null && (why.contains(" runs again") || why.contains(" keeps running"));
        String reason = said ? why : why == null ? keeps : why + "; " + keeps;
        Build build = file.build;
        FileRow row = new FileRow(folder(file.path), file.name(), build == null ? null : build.symbolicName(),
                build == null ? null : build.version().toString(), build == null ? null : build.shortDigest(),
                state.text(), reason);
        return new Published(file.path, row,
                new DriverRows.FileView(file.name(), file.jar,
                        build == null ? null : build.location(), state, reason));
    }

    private static Published arriving(Path path) {
        String name = PlainText.plain(path.getFileName().toString());
        FileRow row = new FileRow(folder(path), name, null, null, null, FileState.WAITING.text(), "still being copied");
        return new Published(path, row, new DriverRows.FileView(name, null, null, FileState.WAITING, row.reason()));
    }

    private static String folder(Path path) {
        return PlainText.plain(path.getParent().toString());
    }

    private void tell(FileRow row, FileState state, FileRow before) {
        boolean same = before != null && before.state().equals(row.state()) && Objects.equals(before.digest(), row.digest())
                && Objects.equals(before.reason(), row.reason());
        if (same) {
            return;
        }
        String subject = row.symbolicName() == null ? row.file() : row.symbolicName();
        String text = row.file() + (row.version() == null ? "" : " (" + row.version() + ")") + " " + row.state()
                + (row.reason() == null ? "" : ": " + row.reason());
        if (EVENTS.containsKey(state)) {
            events.record(EVENTS.get(state), subject, text);
        }
        boolean good = state == FileState.ACTIVE || state == FileState.SUPERSEDED || state == FileState.DUPLICATE
                || state == FileState.HELD;
        System.Logger.Level level = good ? System.Logger.Level.INFO : System.Logger.Level.WARNING;
        System.getLogger(Publication.class.getName()).log(level, text);
    }

    /** Returns the published rows. */
    List<FileRow> rows() {
        return latest.stream().map(Published::row).toList();
    }

    /** Returns the published files. */
    List<DriverRows.FileView> views() {
        return new ArrayList<>(latest.stream().map(Published::view).toList());
    }
}
