// SPDX-License-Identifier: Apache-2.0
package vfio.realworld.oracle.config;

import static vfio.pci.core.id.PciRegisters.CAP_ID_MSI;
import static vfio.pci.core.id.PciRegisters.CAP_ID_MSIX;
import static vfio.pci.core.id.PciRegisters.MSIX_FLAGS_ENABLE;
import static vfio.pci.core.id.PciRegisters.MSIX_FLAGS_QSIZE;
import static vfio.pci.core.id.PciRegisters.MSI_FLAGS_ENABLE;
import static vfio.pci.core.id.PciRegisters.MSI_FLAGS_QMASK;
import static vfio.pci.core.id.PciRegisters.MSI_FLAGS_QSIZE;

import java.util.OptionalInt;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.pci.core.bus.InterruptLines;
import vfio.pci.core.internal.config.RawCapabilities;

/**
 * The bus side of interrupts that never come: it does to configuration space what the kernel's does (drivers/pci/msi/msi.c),
 * where addresses, which are the host's, are left out; and not what pci_intx_for_msi does, since vfio_msi_enable and
 * vfio_msi_disable put COMMAND back as it was (vfio_pci_memory_unlock_and_restore).
 */
final class SysfsLines implements InterruptLines {
    private final SysfsConfigFile config;
    private Kind inUse;

    SysfsLines(SysfsConfigFile config) {
        this.config = config;
    }

    private int flags(Kind kind) {
        OptionalInt start = new RawCapabilities(config).standard(kind == Kind.MSI ? CAP_ID_MSI : CAP_ID_MSIX);
        return start.orElseThrow() + 2;
    }

    @Override
    public int available(Kind kind) {
        return switch (kind) {
            case INTX -> 1;
            case MSI -> 1 << ((config.read(flags(kind), 2) & MSI_FLAGS_QMASK) >>> 1);
            case MSIX -> (config.read(flags(kind), 2) & MSIX_FLAGS_QSIZE) + 1;
        };
    }

    /** As on x86 with its vectors (pci_msix_can_alloc_dyn, drivers/pci/msi/api.c). */
    @Override
    public boolean dynamicMsix() {
        return true;
    }

    @Override
    public void connect(Kind kind, int vectors, Sink sink) {
        if (inUse != null) {
            throw new VfioException(Errno.EBUSY, "connect interrupts: " + inUse + " is in use");
        }
        if (vectors > available(kind)) {
            throw new VfioException(Errno.ENOSPC, "connect interrupts: " + available(kind) + " are available");
        }
        inUse = kind;
        switch (kind) {
            case INTX -> { }
            case MSI -> {
                int log = Integer.SIZE - Integer.numberOfLeadingZeros(vectors - 1);
                change(flags(kind), MSI_FLAGS_QSIZE, log << 4 | MSI_FLAGS_ENABLE);
            }
            case MSIX -> change(flags(kind), 0, MSIX_FLAGS_ENABLE);
        }
    }

    private void change(int position, int clear, int set) {
        config.write(position, 2, config.read(position, 2) & ~clear | set);
    }

    @Override
    public void add(int vector) {
        if (vector >= available(Kind.MSIX)) {
            throw new VfioException(Errno.ENOSPC, "add an interrupt: it has no vector " + vector);
        }
    }

    @Override
    public void disconnect() {
        if (inUse == Kind.MSI) {
            change(flags(inUse), MSI_FLAGS_ENABLE, 0);
        } else if (inUse == Kind.MSIX) {
            change(flags(inUse), MSIX_FLAGS_ENABLE, 0);
        }
        inUse = null;
    }

    @Override
    public boolean asserted() {
        return false;
    }
}
