// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.internal;

import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.hardware.emulated.ConfigImage;
import vfio.pci.core.bus.InterruptLines;

/**
 * The interrupts of an emulated function, from its model to the core. A message that is masked stays pending, and comes when
 * it is unmasked; INTx is a level that STATUS shows.
 *
 * <p>Delivery takes no lock: a sink may be user code that sets interrupts, so nobody can wait for its end.
 */
final class EmulatedInterrupts implements InterruptLines {
    private static final int COMMAND = 0x04;
    private static final int INTX_DISABLE = 1 << 10;
    private static final int MSI = 0x05;
    private static final int MSIX = 0x11;
    private static final int MSI_MASKABLE = 0x100;
    private static final int MSI_WIDE = 0x80;
    private static final int MSIX_ENABLE = 0x8000;
    private static final int MSIX_MASK_ALL = 0x4000;

    private final EmulatedFunction function;
    private final RawConfig config;
    private final ConfigImage image;
    private volatile boolean line;
    /** Null while nothing is connected. */
    private volatile Connection connection;

    private record Connection(Kind kind, Sink sink, int vectors) {
    }

    EmulatedInterrupts(EmulatedFunction function) {
        this.function = function;
        config = function.rawConfig();
        image = function.model().config();
    }

    @Override
    public int available(Kind wanted) {
        return switch (wanted) {
            case INTX -> image.value(0x3d) == 0 ? 0 : 1;
            case MSI -> image.standard(MSI) == 0 ? 0 : 1 << (flags(MSI) >> 1 & 7);
            case MSIX -> image.standard(MSIX) == 0 ? 0 : (flags(MSIX) & 0x7ff) + 1;
        };
    }

    private int flags(int capability) {
        return config.read(image.standard(capability) + 2, 2);
    }

    @Override
    public boolean dynamicMsix() {
        return true;
    }

    @Override
    public void connect(Kind wanted, int count, Sink to) {
        synchronized (this) {
            if (connection != null) {
                throw new VfioException(Errno.EBUSY, "connect " + wanted + " of " + function.address() + ": "
                        + connection.kind + " is connected");
            }
            if (count > available(wanted)) {
                throw new VfioException(Errno.ENOSPC, "connect " + count + " vectors of " + wanted + " of "
                        + function.address() + ": there are " + available(wanted));
            }
            connection = new Connection(wanted, to, count);
        }
        enable(wanted, count);
        lineMayFire();
    }

    private void enable(Kind wanted, int count) {
        if (wanted == Kind.MSI) {
            int multiple = Integer.SIZE - Integer.numberOfLeadingZeros(count * 2 - 1) - 1;
            config.write(image.standard(MSI) + 2, 2, flags(MSI) & ~0x70 | multiple << 4 | 1);
        } else if (wanted == Kind.MSIX) {
            config.write(image.standard(MSIX) + 2, 2, flags(MSIX) & ~MSIX_MASK_ALL | MSIX_ENABLE);
        }
    }

    @Override
    public synchronized void add(int vector) {
        Connection now = connection;
        if (now == null || now.kind != Kind.MSIX || vector < 0 || vector >= available(Kind.MSIX)) {
            throw new VfioException(Errno.EINVAL, "add vector " + vector + " of " + function.address()
                    + ": MSI-X is not connected, or has " + available(Kind.MSIX));
        }
        connection = new Connection(now.kind, now.sink, Math.max(now.vectors, vector + 1));
    }

    @Override
    public void disconnect() {
        Connection ended;
        synchronized (this) {
            ended = connection;
            connection = null;
        }
        if (ended != null && ended.kind == Kind.MSI) {
            config.write(image.standard(MSI) + 2, 2, flags(MSI) & ~0x71);
        } else if (ended != null && ended.kind == Kind.MSIX) {
            config.write(image.standard(MSIX) + 2, 2, flags(MSIX) & ~MSIX_ENABLE);
        }
    }

    @Override
    public boolean asserted() {
        return line;
    }

    /** The model changes the level of its line. */
    void line(boolean level) {
        line = level;
        config.interruptStatus(level);
        lineMayFire();
    }

    /** The line, or what disables it, has changed. */
    void lineMayFire() {
        Connection now = connection;
        if (line && now != null && now.kind == Kind.INTX && (config.read(COMMAND, 2) & INTX_DISABLE) == 0) {
            now.sink.asserted();
        }
    }

    /** The model sends a message. */
    void raise(int vector) {
        Connection now = connection;
        if (now != null && vector >= 0 && vector < now.vectors && passes(now.kind, vector)) {
            now.sink.raised(vector);
        }
    }

    /** Whether configuration space lets the message out; MSI keeps what is masked as pending. */
    private boolean passes(Kind kind, int vector) {
        if (kind != Kind.MSI) {
            return kind == Kind.MSIX && (flags(MSIX) & (MSIX_ENABLE | MSIX_MASK_ALL)) == MSIX_ENABLE;
        }
        int flags = flags(MSI);
        int mask = image.standard(MSI) + ((flags & MSI_WIDE) != 0 ? 0x10 : 0x0c);
        boolean kept = (flags & MSI_MASKABLE) != 0 && (config.read(mask, 4) >>> vector & 1) != 0;
        if (kept) {
            config.pending(mask + 4, vector, true);
        }
        return !kept && (flags & 1) != 0;
    }

    /** Whether there is anything that a mask keeps back. */
    boolean pending() {
        Connection now = connection;
        return now != null && (line || now.kind == Kind.MSI);
    }

    /** What was pending and is no longer masked comes now. */
    void letOut() {
        lineMayFire();
        messagesMayFire();
    }

    private void messagesMayFire() {
        int start = image.standard(MSI);
        int flags = start == 0 ? 0 : flags(MSI);
        if ((flags & MSI_MASKABLE) == 0) {
            return;
        }
        int mask = start + ((flags & MSI_WIDE) != 0 ? 0x10 : 0x0c);
        int come = config.read(mask + 4, 4) & ~config.read(mask, 4);
        for (int vector = 0; vector < 32; vector++) {
            if ((come >>> vector & 1) != 0) {
                config.pending(mask + 4, vector, false);
                raise(vector);
            }
        }
    }

    /** The function was reset: its line falls. */
    void reset() {
        line = false;
    }
}
