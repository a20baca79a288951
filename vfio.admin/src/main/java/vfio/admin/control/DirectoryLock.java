// SPDX-License-Identifier: Apache-2.0
package vfio.admin.control;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * The lock that makes a directory one daemon's: a lock of fcntl(2) on the file {@code lock}, which the kernel gives back when
 * the process ends, however it ends.
 *
 * <p>The file is never removed. A daemon that is about to lock it has the file open already. Were the file removed then,
 * that daemon would lock a file without a name, the next would make and lock another {@code lock}, and both would run.
 */
public final class DirectoryLock implements AutoCloseable {
    /** The name of the file. A directory with such a file has been a daemon's before. */
    public static final String FILE = "lock";

    /** Channels left open: to close any channel of the file would give back the lock that this process has on it. */
    private static final Queue<FileChannel> LEFT_OPEN = new ConcurrentLinkedQueue<>();

    private final FileChannel file;
    private boolean takenInThisProcess;

    private DirectoryLock(FileChannel file) {
        this.file = file;
    }

    /**
     * Opens the file of a directory, and makes it where it is missing. The lock is not taken yet.
     *
     * @throws IOException where the file cannot be written, or is a symbolic link
     */
    public static DirectoryLock open(Path directory) throws IOException {
        return new DirectoryLock(FileChannel.open(directory.resolve(FILE), Set.of(StandardOpenOption.CREATE,
                StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)));
    }

    /** Takes the lock. Returns false where another process has it, or another lock object of this process. */
    public boolean tryTake() throws IOException {
        try {
            FileLock lock = file.tryLock(); // held until the channel is closed
            takenInThisProcess = false;
            return lock != null;
        } catch (OverlappingFileLockException e) {
            takenInThisProcess = true;
            return false;
        }
    }

    /** Gives the lock back, where this object has it. */
    @Override
    public void close() throws IOException {
        if (takenInThisProcess) {
            LEFT_OPEN.add(file);
        } else {
            file.close();
        }
    }
}
