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
    /** Bundles that were here when it did not resolve. */
    private Object world;

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
        reason = why == null ? null : Text.plain(why);
    }

    void unresolved(String why, Object bundlesHere) {
        become(FileState.UNRESOLVED, why);
        world = bundlesHere;
    }

    /** Whether it did not resolve, and other bundles are here now. */
    boolean mayResolveAmong(Object bundlesHere) {
        return state == FileState.UNRESOLVED && !bundlesHere.equals(world);
    }

    /** Whether its build may be wanted. */
    boolean usable() {
        return state != FileState.REFUSED && state != FileState.FAILED && state != FileState.UNRESOLVED;
    }

    String name() {
        return Text.plain(path.getFileName().toString());
    }
}
