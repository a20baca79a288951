// SPDX-License-Identifier: Apache-2.0
package vfio.iommu;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import vfio.core.SharedMemory;

/** Memory of any size: all its windows are one sparse mapping, of which nothing is used until it is touched. */
record HugeMemory(long size, ByteBuffer window) implements SharedMemory {

    HugeMemory(long size) {
        this(size, sparse());
    }

    private static ByteBuffer sparse() {
        try {
            Path file = Files.createTempFile("vfio-huge", null);
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE,
                    StandardOpenOption.DELETE_ON_CLOSE)) {
                return channel.map(FileChannel.MapMode.READ_WRITE, 0, SharedMemory.WINDOW);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public ByteBuffer window(int index) {
        return window;
    }

    @Override
    public void close() {
    }
}
