// SPDX-License-Identifier: Apache-2.0
package launcher;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import vfio.admin.ExitCode;
import vfio.admin.control.RunDirectory;

/**
 * The two directories that a daemon writes to, taken while the object is open: the run directory with socket, lock and pid,
 * which may go with the daemon, and the state directory with all that lasts and all that is emptied at each start. Both may
 * be one.
 */
final class Directories implements AutoCloseable {
    /** The names of what lasts. It was in the run directory before there was a state directory. */
    private static final String LASTING = "{config,taken,staging,staging.*,audit*.jsonl,daemon.log.[0-9]}";
    private static final String THROWN_AWAY = "{framework,tmp,daemon.log.*.lck}";

    private final OwnFolder run;
    private final OwnFolder state;

    private Directories(OwnFolder run, OwnFolder state) {
        this.run = run;
        this.state = state;
    }

    /**
     * Takes both directories.
     *
     * @throws LaunchException with the reason, before anything is written to a folder that is not ours
     */
    static Directories take(Settings settings) throws LaunchException, InterruptedException {
        checkLength(settings.directory());
        List<Path> inside = List.of(settings.directory(), settings.state(), settings.drivers());
        OwnFolder run = OwnFolder.take(settings.directory(), OwnFolder.Role.RUN, inside);
        OwnFolder state = run;
        try {
            if (!settings.state().equals(settings.directory())) {
                state = OwnFolder.take(settings.state(), OwnFolder.Role.STATE, inside);
            }
            Directories directory = new Directories(run, state);
            directory.begin();
            return directory;
        } catch (IOException e) {
            run.giveUp();
            state.giveUp();
            throw new LaunchException(ExitCode.REFUSED, "cannot use the run directory " + run.path() + ": " + e
                    + "; name another with --dir");
        } catch (LaunchException | InterruptedException | RuntimeException e) {
            run.giveUp();
            state.giveUp();
            throw e;
        }
    }

    static void checkLength(Path path) throws LaunchException {
        int excess = new RunDirectory(path).excess();
        if (excess > 0) {
            throw new LaunchException(ExitCode.USAGE, "the path of the run directory " + path + " is " + excess
                    + " bytes too long for a UNIX socket; name a shorter one with --dir");
        }
    }

    private void begin() throws IOException {
        new RunDirectory(run.path()).enter();
        if (state != run) {
            inherit();
        }
    }

    /**
     * Moves what a daemon without a state directory has left in the run directory. What the state directory has already is
     * newer, and stays.
     */
    private void inherit() throws IOException {
        try (DirectoryStream<Path> lasting = Files.newDirectoryStream(run.path(), LASTING);
                DirectoryStream<Path> rest = Files.newDirectoryStream(run.path(), THROWN_AWAY)) {
            for (Path each : lasting) {
                FileTree.move(each, state.path().resolve(each.getFileName()));
            }
            for (Path each : rest) {
                FileTree.delete(each);
            }
        }
    }

    /** Returns a folder of the state directory, made empty. */
    Path emptied(String name) throws IOException {
        return state.emptied(name);
    }

    Path path() {
        return run.path();
    }

    Path state() {
        return state.path();
    }

    /** Gives the directories back: socket and pid first, the lock last. */
    @Override
    public void close() throws IOException {
        try (run; state) {
            new RunDirectory(run.path()).leave();
        }
    }
}
