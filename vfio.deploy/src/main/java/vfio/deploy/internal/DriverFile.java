// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import java.nio.file.Path;

/**
 * One file as it was last handled; only the deploy thread changes its state.
 */
final class DriverFile {
    final Path path;
    /** Rises with each change: of two builds of one version the later wins. */
    final long arrival;
    /** Null where the file was refused before it could be read. */
    final Build build;
    final DriverJar jar;
    private FileState state;
    private String reason;
    /** What was here when it did not resolve. */
    private Object world;
    private boolean cameBack;

    DriverFile(Path path, long arrival, Build build, DriverJar jar) {
        this(path, arrival, build, jar, FileState.WAITING, null);
    }

    private DriverFile(Path path, long arrival, Build build, DriverJar jar, FileState state, String reason) {
        this.path = path;
        this.arrival = arrival;
        this.build = build;
        this.jar = jar;
        become(state, reason);
    }

    static DriverFile refused(Path path, long arrival, Build build, DriverJar jar, String reason) {
        return new DriverFile(path, arrival, build, jar, FileState.REFUSED, reason);
    }

    FileState state() {
        return state;
    }

    String reason() {
        return reason;
    }

    void become(FileState next, String why) {
        state = next;
        reason = why == null ? null : PlainText.plain(why);
    }

    /** Says what is being done about it, while its transaction is under way. */
    void progress(String doing) {
        if (state == FileState.WAITING) {
            become(FileState.WAITING, doing);
        }
    }

    /** @param here what it could be wired to when that was found; where it did not resolve it is tried again with more */
    void become(FileState next, String why, Object here) {
        become(next, why);
        world = here;
    }

    /** Whether it did not resolve, and something else is here now. */
    boolean mayResolveAmong(Object here) {
        return state == FileState.UNRESOLVED && !here.equals(world);
    }

    /** Whether its bundle, which has stopped, may be started again: once. */
    boolean mayComeBack() {
        boolean first = !cameBack;
        cameBack = true;
        return first;
    }

    /** Whether its build may be wanted. */
    boolean usable() {
        return state != FileState.REFUSED && state != FileState.FAILED && state != FileState.UNRESOLVED;
    }

    String name() {
        return PlainText.plain(path.getFileName().toString());
    }
}
