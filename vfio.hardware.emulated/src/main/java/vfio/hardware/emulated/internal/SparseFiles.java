// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.internal;

import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.DELETE_ON_CLOSE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.SPARSE;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.UUID;
import vfio.core.Errno;
import vfio.core.SharedMemory;
import vfio.core.VfioException;

/** A source of memory: mappings of sparse files that lose their name at once. Used where no better source is installed. */
final class SparseFiles implements SharedMemory.Source {
    private final Path directory;
    private final String settings;

    /** @param settings PID under which the directory is set, for errors */
    SparseFiles(Path directory, String settings) {
        this.directory = directory;
        this.settings = settings;
    }

    @Override
    public SharedMemory allocate(String name, long size) {
        Path file = directory.resolve("vfio-" + UUID.randomUUID());
        ByteBuffer[] windows = new ByteBuffer[Math.toIntExact((size - 1) / SharedMemory.WINDOW + 1)];
        try {
            Files.createDirectories(directory);
            // The JDK unlinks a file to be deleted on close right after opening it: a killed process leaves none behind.
            try (FileChannel channel = FileChannel.open(file,
                    Set.of(CREATE_NEW, READ, WRITE, SPARSE, DELETE_ON_CLOSE),
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
                for (int i = 0; i < windows.length; i++) {
                    long from = i * SharedMemory.WINDOW;
                    long length = Math.min(SharedMemory.WINDOW, size - from);
                    windows[i] = channel.map(FileChannel.MapMode.READ_WRITE, from, length).order(ByteOrder.LITTLE_ENDIAN);
                }
            }
        } catch (IOException | OutOfMemoryError e) {
            throw new VfioException(Errno.ENOMEM, "map " + size + " bytes of a sparse file in " + directory + " for " + name
                    + ": " + e.getMessage() + "; set 'directory' of " + settings + " to a writable folder with "
                    + "room", e);
        }
        return new Memory(size, windows);
    }

    private record Memory(long size, ByteBuffer[] windows) implements SharedMemory {
        @Override
        public ByteBuffer window(int index) {
            return windows[index];
        }

        /** The file has neither a name nor a descriptor by now: its pages go with the last mapping. */
        @Override
        public void close() {
        }
    }
}
