// SPDX-License-Identifier: Apache-2.0
package vfio.iommu;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import vfio.core.Thrown;
import vfio.core.dma.DmaBuffer;

/**
 * The end of one device's DMA: the device's bus makes it, and the threads of the device's model use it, any number at once,
 * while users map and unmap. It reaches what the address space of the device's group maps, and nothing while there is none.
 *
 * <p>An access allocates nothing, and waits for no lock unless mappings change all the time. An access that cannot reach an
 * address is blocked from that byte on: a read gives all ones there, a write is dropped, and the listener is told once. When
 * an unmap has returned, no access of what was mapped is under way or can begin: the unmap awaits those that had begun.
 */
public final class DmaEndpoint {
    private static final VarHandle INT = MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle LONG = MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    /** An unmap waits for no longer copy than this. */
    private static final int PIECE = 1 << 20;
    private static final int LOST = -1;

    private final String device;
    private final DmaTraits traits;
    private final Consumer<DmaFault> listener;
    private final InFlight inFlight = new InFlight();
    private final AtomicLong faults = new AtomicLong();
    private volatile Domain domain;

    /**
     * Makes the end of a usual device's DMA: nothing reserved, all addresses, isolated, coherent, what it writes tracked.
     *
     * @param device its name, for faults
     * @param listener told of each fault, as a sentence, on the device's thread, without a lock; what it throws is dropped
     */
    public DmaEndpoint(String device, Consumer<String> listener) {
        this(device, DmaTraits.USUAL, fault -> listener.accept(fault.toString()));
    }

    DmaEndpoint(String device, DmaTraits traits, Consumer<DmaFault> listener) {
        this.device = device;
        this.traits = traits;
        this.listener = listener;
    }

    /** Returns the device's name. */
    public String device() {
        return device;
    }

    /** Returns what an IOMMU must know of the device. */
    DmaTraits traits() {
        return traits;
    }

    /** Tells whether the device is in an address space now. */
    public boolean attached() {
        return domain != null;
    }

    /** Returns how many accesses were blocked, whole or in part. */
    public long faults() {
        return faults.get();
    }

    /**
     * Reads memory into all that remains of a buffer.
     *
     * @return false where a part was blocked
     */
    public boolean read(long iova, ByteBuffer into) {
        boolean reached = transfer(iova, into, false);
        while (into.hasRemaining()) {
            into.put((byte) -1);
        }
        return reached;
    }

    /**
     * Writes all that remains of a buffer to memory.
     *
     * @return false where a part was blocked
     */
    public boolean write(long iova, ByteBuffer from) {
        boolean reached = transfer(iova, from, true);
        from.position(from.limit());
        return reached;
    }

    /** Reads 4 bytes, little-endian, at once where they are aligned. */
    public int read32(long iova) {
        return (int) load(iova, Integer.BYTES);
    }

    /** Reads 8 bytes, little-endian, at once where they are aligned. */
    public long read64(long iova) {
        return load(iova, Long.BYTES);
    }

    /** Writes 4 bytes, little-endian, at once where they are aligned; false where blocked. */
    public boolean write32(long iova, int value) {
        return store(iova, Integer.BYTES, value);
    }

    /** Writes 8 bytes, little-endian, at once where they are aligned; false where blocked. */
    public boolean write64(long iova, long value) {
        return store(iova, Long.BYTES, value);
    }

    private boolean transfer(long iova, ByteBuffer buffer, boolean write) {
        long at = iova;
        while (buffer.hasRemaining()) {
            int done = piece(at, buffer, write);
            if (done <= 0) {
                fault(at, buffer.remaining(), write, done == LOST ? DmaFault.Reason.NO_MEMORY : reason(at));
                return false;
            }
            at += done;
            if (at == 0 && buffer.hasRemaining()) {
                fault(at, buffer.remaining(), write, DmaFault.Reason.OVERFLOW);
                return false;
            }
        }
        return true;
    }

    /** Moves the bytes that lie in one area and one window; returns their number, 0 where nothing is reached. */
    private int piece(long iova, ByteBuffer buffer, boolean write) {
        int side = inFlight.enter();
        try {
            Domain here = domain;
            Area area = find(here, iova, write);
            if (area == null) {
                return 0;
            }
            PinnedPages pages = area.pages;
            long position = area.position(pages, iova);
            ByteBuffer window = pages.buffer.window(position);
            int from = DmaBuffer.inWindow(position);
            long room = Math.min(area.last - iova + 1, Math.min(PIECE, window.capacity() - from));
            int length = (int) Math.min(room, buffer.remaining());
            if (write) {
                window.put(from, buffer, buffer.position(), length);
                mark(here, area, iova, length);
            } else {
                buffer.put(buffer.position(), window, from, length);
            }
            buffer.position(buffer.position() + length);
            return length;
        } catch (InternalError e) { // the JVM's answer to SIGBUS
            return LOST;
        } finally {
            inFlight.leave(side);
        }
    }

    private static Area find(Domain domain, long iova, boolean write) {
        Area found = domain == null ? null : domain.space.find(iova);
        return found != null && (found.permissions & (write ? Area.WRITE : Area.READ)) != 0 ? found : null;
    }

    private static void mark(Domain domain, Area area, long iova, int length) {
        WrittenPages log = domain.log();
        if (log != null) {
            log.mark(area, iova, length);
        }
    }

    private long load(long iova, int width) {
        if ((iova & width - 1) == 0) {
            int side = inFlight.enter();
            try {
                Area area = find(domain, iova, false);
                if (area != null) {
                    PinnedPages pages = area.pages;
                    long position = area.position(pages, iova);
                    ByteBuffer window = pages.buffer.window(position);
                    int at = DmaBuffer.inWindow(position);
                    return width == Long.BYTES ? (long) LONG.getAcquire(window, at) : (int) INT.getAcquire(window, at);
                }
            } catch (InternalError e) {
                // the way below reports it
            } finally {
                inFlight.leave(side);
            }
        }
        ByteBuffer bytes = ByteBuffer.allocate(width).order(ByteOrder.LITTLE_ENDIAN);
        read(iova, bytes);
        return width == Long.BYTES ? bytes.getLong(0) : bytes.getInt(0);
    }

    private boolean store(long iova, int width, long value) {
        if ((iova & width - 1) == 0) {
            int side = inFlight.enter();
            try {
                Domain here = domain;
                Area area = find(here, iova, true);
                if (area != null) {
                    set(area, iova, width, value);
                    mark(here, area, iova, width);
                    return true;
                }
            } catch (InternalError e) {
                // the way below reports it
            } finally {
                inFlight.leave(side);
            }
        }
        ByteBuffer bytes = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        return write(iova, bytes.putLong(0, value).limit(width));
    }

    private static void set(Area area, long iova, int width, long value) {
        PinnedPages pages = area.pages;
        long position = area.position(pages, iova);
        ByteBuffer window = pages.buffer.window(position);
        if (width == Long.BYTES) {
            LONG.setRelease(window, DmaBuffer.inWindow(position), value);
        } else {
            INT.setRelease(window, DmaBuffer.inWindow(position), (int) value);
        }
    }

    private DmaFault.Reason reason(long iova) {
        Domain here = domain;
        if (here == null) {
            return DmaFault.Reason.BLOCKED;
        }
        return here.space.find(iova) == null ? DmaFault.Reason.NOT_MAPPED : DmaFault.Reason.NOT_PERMITTED;
    }

    private void fault(long iova, long length, boolean write, DmaFault.Reason reason) {
        faults.incrementAndGet();
        try {
            listener.accept(new DmaFault(device, iova, length, write, reason));
        } catch (Throwable e) { // code of others may throw anything
            System.getLogger(DmaEndpoint.class.getName()).log(System.Logger.Level.WARNING,
                    "tell a DMA fault of " + device + ": " + Thrown.text(e));
        }
    }

    /** Moves the device to another domain, or to none; when this returns it reaches nothing of the former. */
    void attach(Domain next) {
        Domain former = domain;
        if (former == next) {
            return;
        }
        if (next != null) {
            next.add(this);
        }
        domain = next;
        quiesce();
        if (former != null) {
            former.remove(this);
        }
    }

    /** Returns when every access that began before has ended. */
    void quiesce() {
        inFlight.await();
    }
}
