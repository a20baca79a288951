// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.function;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import vfio.core.device.RegionOperations;

/** Registers without memory, that note how they were reached: {@code r4@0}, {@code w2@6=ff}. */
final class PieceRecorder implements RegionOperations {
    final List<String> pieces = new CopyOnWriteArrayList<>();
    private final long size;
    private final int widest;

    PieceRecorder(long size, int widest) {
        this.size = size;
        this.widest = widest;
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public int widest() {
        return widest;
    }

    @Override
    public long read(long position, int width) {
        pieces.add("r%d@%x".formatted(width, position));
        return 0x1122334455667788L;
    }

    @Override
    public void write(long position, int width, long value) {
        pieces.add("w%d@%x=%x".formatted(width, position, value));
    }
}
