// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.internal.function;

import static vfio.pci.core.id.PciRegisters.CAP_FLAGS;
import static vfio.pci.core.id.PciRegisters.CAP_ID_MSI;
import static vfio.pci.core.id.PciRegisters.CAP_ID_MSIX;
import static vfio.pci.core.id.PciRegisters.COMMAND;
import static vfio.pci.core.id.PciRegisters.COMMAND_INTX_DISABLE;
import static vfio.pci.core.id.PciRegisters.INTERRUPT_PIN;
import static vfio.pci.core.id.PciRegisters.MSIX_FLAGS_ENABLE;
import static vfio.pci.core.id.PciRegisters.MSIX_FLAGS_MASKALL;
import static vfio.pci.core.id.PciRegisters.MSIX_FLAGS_QSIZE;
import static vfio.pci.core.id.PciRegisters.MSI_FLAGS_64BIT;
import static vfio.pci.core.id.PciRegisters.MSI_FLAGS_ENABLE;
import static vfio.pci.core.id.PciRegisters.MSI_FLAGS_MASKBIT;
import static vfio.pci.core.id.PciRegisters.MSI_FLAGS_QMASK;
import static vfio.pci.core.id.PciRegisters.MSI_FLAGS_QSIZE;
import static vfio.pci.core.id.PciRegisters.MSI_MASK_32;
import static vfio.pci.core.id.PciRegisters.MSI_MASK_64;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.hardware.emulated.InterruptWiring.Intx;
import vfio.hardware.emulated.InterruptWiring;
import vfio.hardware.emulated.config.ConfigImage;
import vfio.pci.core.bus.InterruptLines;
import vfio.pci.core.id.PciAddress;

/**
 * The interrupts of an emulated function, from its model to the core. A masked message stays pending until it is unmasked;
 * INTx is a level that STATUS shows.
 *
 * <p>Delivery takes no lock: a sink may be user code that sets interrupts, so nobody can wait for its end.
 */
final class EmulatedInterrupts implements InterruptLines {
    private static final int ALL_ONES = 0xffff;

    private static final VarHandle BITS = MethodHandles.arrayElementVarHandle(int[].class);

    private final PciAddress address;
    private final RawConfig config;
    private final ConfigImage image;
    private final InterruptWiring wiring;
    private final boolean unmaskable;
    /** Vectors of MSI and of MSI-X, 0 without the capability. Kept here, since a function that hangs does not answer. */
    private final int messages;
    private final int tableSize;
    private volatile boolean line;
    /** Null while nothing is connected. */
    private volatile Connection connection;

    EmulatedInterrupts(PciAddress address, RawConfig config, Intx intx) {
        this.address = address;
        this.config = config;
        image = config.image();
        wiring = config.description().interrupts();
        unmaskable = intx == Intx.UNMASKABLE;
        messages = image.standard(CAP_ID_MSI) == 0 ? 0 : 1 << ((control(CAP_ID_MSI) & MSI_FLAGS_QMASK) >> 1);
        tableSize = image.standard(CAP_ID_MSIX) == 0 ? 0 : (control(CAP_ID_MSIX) & MSIX_FLAGS_QSIZE) + 1;
    }

    /** Returns the control word of MSI or MSI-X after power-on. */
    private int control(int capability) {
        int offset = image.standard(capability) + CAP_FLAGS;
        return Byte.toUnsignedInt(image.value(offset)) | Byte.toUnsignedInt(image.value(offset + 1)) << 8;
    }

    /**
     * A kind of interrupt in use.
     *
     * @param pending messages of MSI-X that the function mask keeps back, a bit each
     */
    private record Connection(Kind kind, Sink sink, AllocatedVectors allocated, int[] pending) {
    }

    @Override
    public int available(Kind wanted) {
        return switch (wanted) {
            case INTX -> hasPin() && wiring.connected() ? 1 : 0;
            case MSI -> Math.min(wiring.vectors(), messages);
            case MSIX -> Math.min(wiring.vectors(), tableSize);
        };
    }

    private boolean hasPin() {
        return image.value(INTERRUPT_PIN) != 0;
    }

    /** Returns the control word of MSI or MSI-X. All ones, which no control word is, come from a function gone or hung. */
    private int flags(int capability) {
        int flags = config.read(image.standard(capability) + CAP_FLAGS, 2);
        return flags == ALL_ONES ? 0 : flags;
    }

    /** Writes the control word of MSI or MSI-X. */
    private void flags(int capability, int flags) {
        config.write(image.standard(capability) + CAP_FLAGS, 2, flags);
    }

    @Override
    public boolean dynamicMsix() {
        return wiring.dynamic();
    }

    @Override
    public void connect(Kind wanted, int count, Sink to) {
        synchronized (this) {
            if (connection != null) {
                throw new VfioException(Errno.EBUSY, "connect " + wanted + " of " + address + ": "
                        + connection.kind + " is connected");
            }
            if (count > available(wanted)) {
                throw new VfioException(Errno.ENOSPC, "connect " + count + " vectors of " + wanted + " of "
                        + address + ": there are " + available(wanted));
            }
            connection = new Connection(wanted, to, AllocatedVectors.first(count),
                    new int[wanted == Kind.MSIX ? (tableSize - 1) / Integer.SIZE + 1 : 0]);
        }
        enable(wanted, count);
        lineMayFire();
    }

    private void enable(Kind wanted, int count) {
        if (wanted == Kind.MSI) {
            int multiple = Integer.SIZE - Integer.numberOfLeadingZeros(Math.max(count, 1) - 1);
            flags(CAP_ID_MSI, flags(CAP_ID_MSI) & ~MSI_FLAGS_QSIZE | multiple << 4 | MSI_FLAGS_ENABLE);
        } else if (wanted == Kind.MSIX) {
            flags(CAP_ID_MSIX, flags(CAP_ID_MSIX) & ~MSIX_FLAGS_MASKALL | MSIX_FLAGS_ENABLE);
        }
    }

    @Override
    public synchronized void add(int vector) {
        Connection now = connection;
        if (now == null || now.kind != Kind.MSIX || !dynamicMsix() || vector < 0 || vector >= tableSize) {
            throw new VfioException(Errno.EINVAL, "add vector " + vector + " of " + address
                    + ": MSI-X is not connected, cannot grow, or has " + tableSize);
        }
        if (now.allocated.has(vector)) {
            return;
        }
        if (now.allocated.count() >= available(Kind.MSIX)) {
            throw new VfioException(Errno.ENOSPC, "add vector " + vector + " of " + address + ": all "
                    + available(Kind.MSIX) + " that the host has are in use");
        }
        connection = new Connection(now.kind, now.sink, now.allocated.with(vector), now.pending);
    }

    @Override
    public void disconnect() {
        Connection ended;
        synchronized (this) {
            ended = connection;
            connection = null;
        }
        if (ended != null && ended.kind == Kind.MSI) {
            flags(CAP_ID_MSI, flags(CAP_ID_MSI) & ~(MSI_FLAGS_QSIZE | MSI_FLAGS_ENABLE));
        } else if (ended != null && ended.kind == Kind.MSIX) {
            flags(CAP_ID_MSIX, flags(CAP_ID_MSIX) & ~MSIX_FLAGS_ENABLE);
        }
    }

    @Override
    public boolean asserted() {
        return line;
    }

    /** Sets the level of the line, which a function without a pin does not have. */
    void line(boolean level) {
        if (hasPin()) {
            synchronized (this) {
                line = level;
                config.interruptStatus(level);
            }
            lineMayFire();
        }
    }

    /** Asserts the line at the core where it is up and not disabled; called when either has changed. */
    private void lineMayFire() {
        Connection now = connection;
        if (line && now != null && now.kind == Kind.INTX
                && (unmaskable || (config.read(COMMAND, 2) & COMMAND_INTX_DISABLE) == 0)) {
            now.sink.asserted();
        }
    }

    /** Tells whether MSI or MSI-X is enabled: the function is to send messages, not to use its pin. */
    boolean messagesEnabled() {
        return image.standard(CAP_ID_MSI) != 0 && (flags(CAP_ID_MSI) & MSI_FLAGS_ENABLE) != 0
                || image.standard(CAP_ID_MSIX) != 0 && (flags(CAP_ID_MSIX) & MSIX_FLAGS_ENABLE) != 0;
    }

    /** Sends a message, unless it is not enabled; one that is masked stays pending. */
    void raise(int vector) {
        Connection now = connection;
        if (now != null && now.kind != Kind.INTX && now.allocated.has(vector)
                && (now.kind == Kind.MSI ? passesMsi(vector) : passesMsix(now.pending, vector))) {
            now.sink.raised(vector);
        }
    }

    /** Tells whether MSI sends a message now: Multiple Message Enable covers it, and it is not masked. */
    private boolean passesMsi(int vector) {
        int flags = flags(CAP_ID_MSI);
        return (flags & MSI_FLAGS_ENABLE) != 0 && vector < 1 << ((flags & MSI_FLAGS_QSIZE) >> 4)
                && ((flags & MSI_FLAGS_MASKBIT) == 0 || !config.keepIfMasked(mask(flags), vector));
    }

    private int mask(int flags) {
        return image.standard(CAP_ID_MSI) + ((flags & MSI_FLAGS_64BIT) != 0 ? MSI_MASK_64 : MSI_MASK_32);
    }

    private boolean passesMsix(int[] pending, int vector) {
        int flags = flags(CAP_ID_MSIX);
        if ((flags & MSIX_FLAGS_ENABLE) == 0 || (flags & MSIX_FLAGS_MASKALL) == 0) {
            return (flags & MSIX_FLAGS_ENABLE) != 0;
        }
        int bit = 1 << vector;
        BITS.getAndBitwiseOr(pending, vector / Integer.SIZE, bit);
        // The mask may have gone meanwhile, and whoever took it away found nothing.
        return (flags(CAP_ID_MSIX) & MSIX_FLAGS_MASKALL) == 0
                && ((int) BITS.getAndBitwiseAnd(pending, vector / Integer.SIZE, ~bit) & bit) != 0;
    }

    /** Tells whether a mask may keep anything back. */
    boolean pending() {
        Connection now = connection;
        return now != null && (line || now.kind != Kind.INTX);
    }

    /** Delivers what was pending and is no longer masked. */
    void letOut() {
        lineMayFire();
        Connection now = connection;
        if (now != null && now.kind == Kind.MSI && (flags(CAP_ID_MSI) & MSI_FLAGS_MASKBIT) != 0) {
            raiseAll(0, config.takeUnmasked(mask(flags(CAP_ID_MSI))));
        } else if (now != null && now.kind == Kind.MSIX && (flags(CAP_ID_MSIX) & MSIX_FLAGS_MASKALL) == 0) {
            for (int i = 0; i < now.pending.length; i++) {
                raiseAll(i * Integer.SIZE, (int) BITS.getAndSet(now.pending, i, 0));
            }
        }
    }

    private void raiseAll(int first, int bits) {
        for (int left = bits; left != 0; left &= left - 1) {
            raise(first + Integer.numberOfTrailingZeros(left));
        }
    }

    /** Ends all interrupts; the function is unplugged. */
    void cut() {
        line = false;
        connection = null;
    }

    /** Lets the line fall and forgets what is pending; the function was reset. */
    void reset() {
        line = false;
        Connection now = connection;
        for (int i = 0; now != null && i < now.pending.length; i++) {
            BITS.setVolatile(now.pending, i, 0);
        }
    }
}
