// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.user;

import java.util.function.Consumer;
import vfio.core.VfioException;
import vfio.core.device.Mapping;
import vfio.core.dma.DmaBuffer;

/**
 * The memory that an open function reaches at an address of its own. Its user closes it, or it is closed with the function;
 * both take it away from the function before it is freed.
 */
public final class DmaMemory implements AutoCloseable {
    private final Consumer<DmaMemory> release;
    private final DmaBuffer buffer;
    private final long iova;

    /** @param release takes the memory away from the function, and frees it */
    DmaMemory(Consumer<DmaMemory> release, DmaBuffer buffer, long iova) {
        this.release = release;
        this.buffer = buffer;
        this.iova = iova;
    }

    DmaBuffer buffer() {
        return buffer;
    }

    /** Returns the address by which the function reaches the memory: a multiple of the page size, never 0. */
    public long iova() {
        return iova;
    }

    /** Returns the size in bytes: what was asked for, up to the end of its last page. */
    public long size() {
        return buffer.size();
    }

    /**
     * Returns the memory as this program reaches it; all ones once it is closed. Accesses stay in order, as those of
     * {@link Registers}.
     */
    public Mapping view() {
        return buffer.view();
    }

    /**
     * Copies bytes into the memory.
     *
     * @throws IndexOutOfBoundsException where the bytes do not fit
     */
    public void put(long offset, byte... source) {
        for (int i = 0; i < source.length; i++) {
            view().write8(offset + i, source[i]);
        }
    }

    /**
     * Copies bytes out of the memory.
     *
     * @throws IndexOutOfBoundsException where the memory has fewer bytes there
     */
    public byte[] get(long offset, int count) {
        byte[] bytes = new byte[count];
        for (int i = 0; i < count; i++) {
            bytes[i] = view().read8(offset + i);
        }
        return bytes;
    }

    /**
     * Takes the memory away from the function, then frees it. A second close does nothing.
     *
     * @throws VfioException why the memory cannot be taken away; then it stays until the function is closed
     */
    @Override
    public void close() {
        release.accept(this);
    }
}
