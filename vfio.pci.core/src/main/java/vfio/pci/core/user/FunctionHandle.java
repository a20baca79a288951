// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.user;

import static vfio.pci.core.id.PciRegisters.COMMAND;
import static vfio.pci.core.id.PciRegisters.COMMAND_MASTER;

import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.Supplier;
import vfio.core.Errno;
import vfio.core.EventSignal;
import vfio.core.SharedMemory;
import vfio.core.VfioException;
import vfio.core.device.DeviceHandle;
import vfio.core.dma.DmaSpace;
import vfio.pci.core.id.IrqIndex;
import vfio.pci.core.id.RegionIndex;

/**
 * A PCI function that a program has opened, with all it takes to drive it. The handle lives until it is closed; all objects
 * that it gave out end with it. Every thread may call it.
 *
 * <pre>
 * try (FunctionHandle edu = devices.use("0000:00:10.0", user)) {
 *     Registers bar = edu.bar(0);
 *     DmaMemory page = edu.dma(4096);
 *     Interrupt done = edu.msi();
 *     edu.enableBusMaster();
 *     bar.write64(0x80, page.iova());
 *     done.await(Duration.ofSeconds(1));
 * }
 * </pre>
 *
 * <p>Each call throws {@link VfioException}: ENODEV once the handle is closed, or its function or driver is gone.
 */
public final class FunctionHandle implements AutoCloseable {
    private final DeviceHandle device;
    private final DmaSupply dma;
    private final Vectors vectors;
    private final Runnable after;
    private final AtomicBoolean ended = new AtomicBoolean();
    private final Registers[] registers = new Registers[RegionIndex.CONFIG + 1];

    /**
     * Makes the handle of a device that was just opened.
     *
     * @param device closed with this handle
     * @param space asked for the address space when the first memory is allocated
     * @param memory the source of memory for DMA
     * @param after run once, when the device is closed and nothing is mapped any more
     */
    public FunctionHandle(DeviceHandle device, Supplier<DmaSpace> space, SharedMemory.Source memory, Runnable after) {
        this.device = device;
        this.after = after;
        dma = new DmaSupply(device.deviceName(), space, memory);
        vectors = new Vectors(device);
    }

    /** Returns the device below, for what this class has no method for: features, migration, other regions. */
    public DeviceHandle device() {
        return device;
    }

    /** Returns the function's address. */
    public String name() {
        return device.deviceName();
    }

    /** Tells whether the function is open: false once it is closed or gone. */
    public boolean isOpen() {
        return device.isOpen();
    }

    /**
     * Returns the registers behind a BAR, mapped where they can be.
     *
     * @param index 0 to 5
     * @throws VfioException EINVAL where the function does not implement it
     */
    public Registers bar(int index) {
        return registers(bar(name(), index));
    }

    private static int bar(String name, int index) {
        if (index < 0 || index > RegionIndex.BAR5) {
            throw new VfioException(Errno.EINVAL,
                    "use BAR " + index + " of " + name + ": BARs are 0 to " + RegionIndex.BAR5);
        }
        return index;
    }

    /** Returns the registers behind a BAR for one who ends them alone, with {@link Registers#end}. */
    Registers ownBar(int index) {
        ensureOpen("use BAR " + index);
        return Registers.of(device, bar(name(), index));
    }

    /** Returns configuration space, as the core or the other side virtualizes it. */
    public Registers config() {
        return registers(RegionIndex.CONFIG);
    }

    private Registers registers(int region) {
        ensureOpen("use region " + region);
        synchronized (registers) {
            if (registers[region] == null) {
                registers[region] = Registers.of(device, region);
            }
            return registers[region];
        }
    }

    /** Lets the function reach memory, and send messages, by itself; off when opened, and when closed. */
    public void enableBusMaster() {
        busMaster(COMMAND_MASTER);
    }

    /** Ends what {@link #enableBusMaster} began: no DMA and no message from now on. */
    public void disableBusMaster() {
        busMaster(0);
    }

    private synchronized void busMaster(int bit) {
        Registers config = config();
        config.write16(COMMAND, (short) (config.read16(COMMAND) & ~COMMAND_MASTER | bit));
    }

    /**
     * Allocates memory that the function can read and write once {@link #enableBusMaster} was called; zeros at first.
     *
     * @param size in bytes, more than 0; whole pages are used up
     * @throws VfioException EINVAL below 1; EOPNOTSUPP where the function has no IOMMU; ENOSPC where no address is left that
     *     the function can drive; ENOMEM where memory, or the amount of it that may be locked, is used up
     */
    public DmaMemory dma(long size) {
        ensureOpen("map " + size + " bytes for DMA");
        return dma.allocate(size);
    }

    /**
     * Sets how many address bits the function drives, as the kernel's {@code dma_set_mask}: memory allocated from now on lies
     * below.
     *
     * @param bits 1 to 64; 64 at first
     * @throws VfioException EINVAL for others
     */
    public void dmaMask(int bits) {
        dma.mask(bits);
    }

    /**
     * Sets up the function's pin. Each interrupt masks the pin until {@link Interrupt#unmask}.
     *
     * @throws VfioException as {@link #msix(int)}
     */
    public Interrupt intx() {
        return vectors.set(IrqIndex.INTX, 1).get(0);
    }

    /** Sets up the first message of MSI, and no other; as {@link #msix(int)}. */
    public Interrupt msi() {
        return msi(1).get(0);
    }

    /** Sets up messages of MSI, as {@link #msix(int)}. */
    public List<Interrupt> msi(int count) {
        return vectors.set(IrqIndex.MSI, count);
    }

    /** Sets up the first message of MSI-X, and no other; as {@link #msix(int)}. */
    public Interrupt msix() {
        return msix(1).get(0);
    }

    /**
     * Sets up messages of MSI-X, from the first on. A function has one kind at a time, pin, MSI or MSI-X, and messages reach
     * the host only with {@link #enableBusMaster}.
     *
     * @param count 1 or more
     * @throws VfioException EINVAL where the function has fewer, or another kind is set up; EBUSY where this kind is set up:
     *     close those first; ENOSPC where the host has fewer now
     */
    public List<Interrupt> msix(int count) {
        return vectors.set(IrqIndex.MSIX, count);
    }

    /** Sets up messages of MSI-X, each with a signal that is given when it comes. */
    List<Interrupt> msix(int count, Function<Interrupt, EventSignal> signal) {
        return vectors.set(IrqIndex.MSIX, count, signal);
    }

    /**
     * Sets up the interrupt that comes when the function has reported an uncorrectable error.
     *
     * @throws VfioException EINVAL where the function reports none
     */
    public Interrupt err() {
        return vectors.set(IrqIndex.ERR, 1).get(0);
    }

    /**
     * Sets up the interrupt that comes when an operator wants the function back: close the handle soon.
     *
     * @throws VfioException EINVAL where the function has no such interrupt
     */
    public Interrupt req() {
        return vectors.set(IrqIndex.REQ, 1).get(0);
    }

    /**
     * Resets the function, which is then as when it was opened, without bus mastering.
     *
     * @throws VfioException EINVAL or ENOTTY where the function cannot be reset; else why the reset failed
     */
    public void reset() {
        device.reset();
    }

    private void ensureOpen(String act) {
        if (!device.isOpen()) {
            throw new VfioException(Errno.ENODEV, act + " of " + name() + ": it was closed, or is gone; open it again");
        }
    }

    /**
     * Closes the device, which ends its DMA, then interrupts and mappings, and frees the memory last. A second close does
     * nothing.
     */
    @Override
    public void close() {
        try {
            device.close();
        } finally {
            vectors.close();
            dma.close();
            if (!ended.getAndSet(true)) {
                after.run();
            }
        }
    }
}
