// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import java.nio.file.Path;

/** A file as it was last handled; only the deploy thread changes its state. */
final class DriverFile {
    final Path path;
    /** A number that rises with each change: of two builds of one version the later wins. */
    final long arrival;
    /** Null where the file was refused before it could be read. */
    final Build build;
    final DriverJar jar;
    private FileState state;
    private String reason;
    /** The bundles that were here when the build did not resolve. */
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

    /** Makes a file that is refused. */
    static DriverFile refused(Path path, long arrival, Build build, DriverJar jar, String reason) {
        return new DriverFile(path, arrival, build, jar, FileState.REFUSED, reason);
    }

    FileState state() {
        return state;
    }

    String reason() {
        return reason;
    }

    /** Changes the state; {@code why} is a sentence, or null. */
    void become(FileState next, String why) {
        state = next;
        reason = why == null ? null : PlainText.plain(why);
    }

    /** Notes what is being done with the file, while its transaction is under way. */
    void progress(String doing) {
        if (state == FileState.WAITING) {
            become(FileState.WAITING, doing);
        }
    }

    /**
     * Changes the state.
     *
     * @param here the bundles to which the build could be wired then; a build that did not resolve is tried again with others
     */
    void become(FileState next, String why, Object here) {
        become(next, why);
        world = here;
    }

    /** Tells whether the build did not resolve, and other bundles are here now. */
    boolean mayResolveAmong(Object here) {
        return state == FileState.UNRESOLVED && !here.equals(world);
    }

    /** Tells whether the build, whose bundle was stopped, may be started again: once. */
    boolean mayComeBack() {
        boolean first = !cameBack;
        cameBack = true;
        return first;
    }

    /** Tells whether the build may be wanted. */
    boolean usable() {
        return state != FileState.REFUSED && state != FileState.FAILED && state != FileState.UNRESOLVED;
    }

    /** Returns the file's name, safe to print. */
    String name() {
        return PlainText.plain(path.getFileName().toString());
    }
}
