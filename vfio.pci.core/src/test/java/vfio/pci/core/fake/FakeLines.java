// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.fake;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.pci.core.bus.InterruptLines;
import vfio.pci.core.internal.irq.IntxMask;

/** A bus side that a test raises interrupts on, from any thread, and that can mask INTx as PCI 2.3 has it. */
public final class FakeLines implements InterruptLines {
    public final Map<Kind, Integer> available = new EnumMap<>(Map.of(Kind.INTX, 1, Kind.MSI, 4, Kind.MSIX, 8));
    public final List<String> acts = new CopyOnWriteArrayList<>();
    public final Set<Integer> vectors = ConcurrentHashMap.newKeySet();
    /** Runs inside connect, where a bus may already deliver. */
    public volatile Runnable onConnect = () -> { };
    public volatile Runnable onDisconnect = () -> { };
    public volatile boolean dynamic = true;
    public volatile boolean shared;
    public volatile boolean broken;
    public volatile Kind kind;
    private volatile Sink sink;
    private volatile boolean level;
    private volatile boolean masked;
    private final AtomicInteger masking = new AtomicInteger();
    private final boolean maskable;

    /** Of a function that can be masked. */
    public FakeLines() {
        this(true);
    }

    /** Those of a function that has no interrupts. */
    public static FakeLines none() {
        FakeLines none = new FakeLines();
        none.available.replaceAll((kind, count) -> 0);
        return none;
    }

    /** @param maskable whether the function has an INTx Disable bit */
    public FakeLines(boolean maskable) {
        this.maskable = maskable;
    }

    @Override
    public int available(Kind of) {
        return available.get(of);
    }

    @Override
    public boolean dynamicMsix() {
        return dynamic;
    }

    @Override
    public boolean shared() {
        return shared;
    }

    @Override
    public void connect(Kind wanted, int count, Sink to) {
        if (broken) {
            throw new VfioException(Errno.EIO, "connect: the bus is broken");
        }
        if (kind != null) {
            throw new AssertionError(kind + " is connected");
        }
        for (int i = 0; i < count; i++) {
            vectors.add(i);
        }
        kind = wanted;
        sink = to;
        acts.add("connect " + wanted + " " + count);
        onConnect.run();
        mayFire();
    }

    @Override
    public void add(int vector) {
        if (!dynamic || vector >= available.get(Kind.MSIX)) {
            throw new VfioException(Errno.ENOSPC, "add: no vector is left");
        }
        acts.add("add " + vector);
        vectors.add(vector);
    }

    @Override
    public void disconnect() {
        onDisconnect.run();
        kind = null;
        sink = null;
        vectors.clear();
        acts.add("disconnect");
        if (broken) {
            throw new VfioException(Errno.EIO, "disconnect: the bus is broken");
        }
    }

    @Override
    public boolean asserted() {
        return level;
    }

    public void raise(int vector) {
        Sink to = sink;
        if (to != null && vectors.contains(vector)) {
            to.raised(vector);
        }
    }

    public void line(boolean asserted) {
        level = asserted;
        mayFire();
    }

    public Sink sink() {
        return sink;
    }

    /** Changes the level and tells nobody. */
    public void quiet(boolean asserted) {
        level = asserted;
    }

    public boolean masked() {
        return masked;
    }

    private void mayFire() {
        Sink to = sink;
        if (level && !masked && kind == Kind.INTX && to != null) {
            to.asserted();
        }
    }

    /** The mask that goes with it. */
    public IntxMask mask() {
        return maskable ? new IntxMask() {
            @Override
            public boolean pending() {
                if (broken) {
                    throw new VfioException(Errno.EIO, "read: the function is gone");
                }
                return level;
            }

            @Override
            public void set(boolean wanted) {
                if (masking.getAndIncrement() != 0) {
                    acts.add("two masks at once");
                }
                masked = wanted;
                masking.getAndDecrement();
                mayFire();
                if (broken) {
                    throw new VfioException(Errno.EIO, "write: the function is gone");
                }
            }

            @Override
            public boolean shareable() {
                return true;
            }
        } : IntxMask.byController(this);
    }
}
