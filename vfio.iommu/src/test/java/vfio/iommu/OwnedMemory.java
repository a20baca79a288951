// SPDX-License-Identifier: Apache-2.0
package vfio.iommu;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import vfio.core.SharedMemory;
import vfio.core.dma.DmaBuffer;

/** Off-heap memory that says when it was freed. */
final class OwnedMemory implements SharedMemory {
    private final ByteBuffer bytes;
    private volatile boolean freed;

    OwnedMemory(int size) {
        bytes = ByteBuffer.allocateDirect(size).order(ByteOrder.LITTLE_ENDIAN);
    }

    static DmaBuffer buffer(long size) {
        return new DmaBuffer(new OwnedMemory(Math.toIntExact(size)));
    }

    boolean freed() {
        return freed;
    }

    @Override
    public long size() {
        return bytes.capacity();
    }

    @Override
    public ByteBuffer window(int index) {
        return bytes;
    }

    @Override
    public void close() {
        if (freed) {
            throw new AssertionError("freed twice");
        }
        freed = true;
    }
}
