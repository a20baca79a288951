// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.config;

import static vfio.pci.core.id.PciRegisters.D0;
import static vfio.pci.core.id.PciRegisters.D3_HOT;
import static vfio.pci.core.id.PciRegisters.INTERRUPT_PIN;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.pci.core.bus.PciFunction.ConfigSpace;

/**
 * Configuration space as the user of a function sees it: what a user must not change or see of the hardware is served
 * from a shadow. Made when the function is enabled and dropped when it is disabled; safe from any thread, one access
 * at a time.
 */
public final class VirtualConfig {
    private final Shadow shadow;
    private final EnabledFunction function;
    private final BasicHeader header;
    private final IntxDisable intx;
    private final Map<Integer, Integer> standard = new HashMap<>();
    private final Map<Integer, Integer> extended = new HashMap<>();
    private final List<String> warnings = new ArrayList<>();

    /**
     * Reads the hardware's configuration space and walks its capabilities.
     *
     * @param function is first called by an access
     * @throws VfioException EIO where the hardware cannot be read
     */
    public VirtualConfig(ConfigSpace hardware, FunctionFacts facts, EnabledFunction function) {
        this.function = function;
        shadow = new Shadow(hardware);
        intx = new IntxDisable(hardware);
        header = new BasicHeader(shadow, facts, function);
        if (new StandardChain(shadow, function, standard, warnings).walk()) {
            new ExtendedChain(shadow, function, extended, warnings).walk();
        }
    }

    /** Returns the size in bytes, 256 or 4096. */
    public int size() {
        return shadow.size();
    }

    /**
     * Reads an aligned piece; one that reaches into several capabilities is cut further.
     *
     * @param width 1, 2 or 4 bytes
     * @return zero-extended
     * @throws VfioException EFAULT where the piece leaves the space or is unaligned; EIO where the hardware fails
     */
    public synchronized int read(int position, int width) {
        check(position, width);
        ConfigRange range = shadow.range(position);
        if (within(range, position, width)) {
            return range.read(position, width);
        }
        int half = width / 2;
        return read(position, half) | read(position + half, half) << Byte.SIZE * half;
    }

    /**
     * Writes an aligned piece; bits that a user may not change are dropped.
     *
     * @throws VfioException as {@link #read}
     */
    public void write(int position, int width, int value) {
        check(position, width);
        boolean intxEnabled;
        synchronized (this) {
            writePiece(position, width, value);
            intxEnabled = header.intxEnabled();
        }
        if (intxEnabled) {
            function.unmaskIntx(); // calls a user, who may wait for somebody who is at this configuration space
        }
    }

    /** Writes a piece; the caller holds the lock. */
    private void writePiece(int position, int width, int value) {
        ConfigRange range = shadow.range(position);
        if (within(range, position, width)) {
            range.write(position, width, value);
        } else {
            int half = width / 2;
            writePiece(position, half, value & LittleEndian.ones(half));
            writePiece(position + half, half, value >>> Byte.SIZE * half);
        }
    }

    /** Tells whether BARs answer: not in D3, and the user has memory decoding on. Takes no lock. */
    public boolean memoryEnabled() {
        return function.powerState() < D3_HOT && header.memory();
    }

    /** Tells whether the function is in D0. Takes no lock. */
    public boolean awake() {
        return function.powerState() == D0;
    }

    /** Returns the interrupt pin that a user sees, 0 without INTx. */
    public synchronized int interruptPin() {
        return shadow.get(INTERRUPT_PIN, 1);
    }

    /** Returns what masks INTx in the hardware, where the function has the bit. */
    public IntxDisable intx() {
        return intx;
    }

    /** Finds the first capability of an id that users see in the first 256 bytes. */
    public OptionalInt capability(int id) {
        Integer start = standard.get(id);
        return start == null ? OptionalInt.empty() : OptionalInt.of(start);
    }

    /** Finds the first extended capability of an id that users see. */
    public OptionalInt extendedCapability(int id) {
        Integer start = extended.get(id);
        return start == null ? OptionalInt.empty() : OptionalInt.of(start);
    }

    /** Returns what is wrong with the hardware's capabilities, a sentence each. */
    public List<String> warnings() {
        return List.copyOf(warnings);
    }

    /**
     * Serves bytes from the shadow for a driver: from now on they read as given, and what a user writes there reaches no
     * hardware.
     *
     * @throws VfioException EFAULT where they leave the space
     */
    public synchronized void claim(int position, byte... values) {
        if (position < 0 || position > size() - values.length) {
            throw new VfioException(Errno.EFAULT, "claim " + values.length + " bytes at " + position
                    + " of configuration space: it has " + size());
        }
        int end = position + values.length;
        ConfigRange range = new PlainRange(shadow);
        shadow.assign(position, end, range);
        for (int index = 0; index < values.length; index++) {
            shadow.permit(position, end, Register.virtual(index, 1));
            shadow.set(position + index, 1, values[index]);
        }
    }

    private void check(int position, int width) {
        boolean fits = position >= 0 && position <= size() - width;
        if (!fits || width != 1 && width != 2 && width != 4 || (position & width - 1) != 0) {
            throw new VfioException(Errno.EFAULT, "access of " + width + " bytes at " + position
                    + " failed: configuration space has " + size() + ", in aligned pieces of 1, 2 or 4");
        }
    }

    private boolean within(ConfigRange range, int position, int width) {
        for (int next = position + 1; next < position + width; next++) {
            if (shadow.range(next) != range) {
                return false;
            }
        }
        return true;
    }
}
