// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.devices;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.util.Arrays;
import vfio.core.Thrown;
import vfio.hardware.emulated.model.ModelPort;

/** The DMA engine of the edu device; guarded by the device, but for a transfer that runs. */
final class EduDma {
    private static final Logger LOG = System.getLogger(EduDma.class.getName());
    private static final int START = 0x01;
    private static final int TO_MEMORY = 0x02;
    private static final int RAISE = 0x04;
    private static final int BUFFER = 0x40000;
    private static final int BUFFER_SIZE = 4096;
    /** The device drives 28 bits of address. */
    private static final long ADDRESS_MASK = (1L << 28) - 1;

    private final byte[] buffer = new byte[BUFFER_SIZE];
    private long source;
    private long destination;
    private long count;
    private long command;

    /** One transfer as the registers have it when it begins. */
    record Transfer(long source, long destination, long count, long command, byte[] buffer) {

        /** Tells whether the end of the transfer is to raise an interrupt. */
        boolean interrupts() {
            return (command & RAISE) != 0;
        }

        /**
         * Moves the bytes; bytes that could not be read arrive as all ones, as where nobody answers.
         *
         * @return false where it failed
         */
        boolean run(ModelPort function) {
            boolean out = (command & TO_MEMORY) != 0;
            long inside = (out ? source : destination) - BUFFER;
            if (inside < 0 || count < 0 || count > BUFFER_SIZE || inside > BUFFER_SIZE - count) {
                LOG.log(Level.WARNING, "edu at %s: DMA of %d bytes at %xh of its buffer, which has %d; nothing was moved"
                        .formatted(function.address(), count, inside, BUFFER_SIZE));
                return false;
            }
            ByteBuffer bytes = ByteBuffer.wrap(buffer, (int) inside, (int) count);
            try {
                if (out) {
                    function.writeMemory(destination & ADDRESS_MASK, bytes);
                } else {
                    function.readMemory(source & ADDRESS_MASK, bytes);
                }
                return true;
            } catch (RuntimeException e) { // what is attached may be anything
                if (!out) {
                    Arrays.fill(buffer, (int) inside, (int) (inside + count), (byte) 0xff);
                }
                LOG.log(Level.WARNING, "edu at " + function.address() + ": " + Thrown.text(e));
                return false;
            }
        }
    }

    /** Reads a register; all ones where there is none. */
    long read(int position) {
        return switch (position) {
            case 0x80 -> source;
            case 0x88 -> destination;
            case 0x90 -> count;
            case 0x98 -> command;
            default -> -1;
        };
    }

    /** Writes a register; tells whether a transfer is to begin. While one runs the registers take nothing. */
    boolean write(int position, long value) {
        if ((command & START) != 0) {
            return false;
        }
        switch (position) {
            case 0x80 -> source = value;
            case 0x88 -> destination = value;
            case 0x90 -> count = value;
            case 0x98 -> command = value;
            default -> { }
        }
        return (command & START) != 0;
    }

    /** Returns the transfer that the registers describe. */
    Transfer transfer() {
        return new Transfer(source, destination, count, command, buffer);
    }

    /** Clears the start bit: the transfer has ended. */
    void done() {
        command &= ~START;
    }

    /** Clears registers and buffer. */
    void reset() {
        source = 0;
        destination = 0;
        count = 0;
        command = 0;
        Arrays.fill(buffer, (byte) 0);
    }
}
