// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.irq;

import java.util.ArrayList;
import java.util.List;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.pci.core.bus.InterruptLines;

/** The bus side of interrupts, moved by a test. It masks INTx as PCI 2.3 has it. */
public final class FakeLines implements InterruptLines, IntxMask {
    final List<String> acts = new ArrayList<>();
    int available = 64;
    boolean dynamic = true;
    public volatile Sink sink;
    volatile Kind kind;
    private boolean line;
    private boolean masked;

    @Override
    public int available(Kind wanted) {
        return available;
    }

    @Override
    public boolean dynamicMsix() {
        return dynamic;
    }

    @Override
    public void connect(Kind wanted, int vectors, Sink to) {
        acts.add("connect " + wanted + " " + vectors);
        if (available == 0) {
            throw new VfioException(Errno.ENODEV, "not connected");
        }
        kind = wanted;
        sink = to;
    }

    @Override
    public void add(int vector) {
        acts.add("add " + vector);
    }

    @Override
    public void disconnect() {
        acts.add("disconnect");
        sink = null;
        kind = null;
    }

    @Override
    public synchronized boolean asserted() {
        return line;
    }

    /** The device moves its line. */
    public void line(boolean level) {
        Sink told;
        synchronized (this) {
            line = level;
            told = line && !masked ? sink : null;
        }
        if (told != null) {
            told.asserted();
        }
    }

    public void raise(int vector) {
        Sink told = sink;
        if (told != null) {
            told.raised(vector);
        }
    }

    synchronized boolean masked() {
        return masked;
    }

    @Override
    public synchronized void mask() {
        masked = true;
    }

    @Override
    public synchronized void unmask() {
        masked = false;
    }

    @Override
    public synchronized boolean maskIfPending() {
        masked |= line;
        return line;
    }

    @Override
    public synchronized boolean unmaskUnlessPending() {
        masked = line;
        return !line;
    }
}
