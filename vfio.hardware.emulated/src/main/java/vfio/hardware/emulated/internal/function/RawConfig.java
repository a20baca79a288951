// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.internal.function;

import static vfio.pci.core.id.PciRegisters.CAP_ID_EXP;
import static vfio.pci.core.id.PciRegisters.CAP_ID_VPD;
import static vfio.pci.core.id.PciRegisters.D3_HOT;
import static vfio.pci.core.id.PciRegisters.EXP_DEVCTL;
import static vfio.pci.core.id.PciRegisters.EXP_DEVCTL_PAYLOAD;
import static vfio.pci.core.id.PciRegisters.EXP_LNKCTL;
import static vfio.pci.core.id.PciRegisters.HEADER_TYPE;
import static vfio.pci.core.id.PciRegisters.HEADER_TYPE_BRIDGE;
import static vfio.pci.core.id.PciRegisters.HEADER_TYPE_MASK;
import static vfio.pci.core.id.PciRegisters.HEADER_TYPE_MFD;
import static vfio.pci.core.id.PciRegisters.PRIMARY_BUS;
import static vfio.pci.core.id.PciRegisters.SRIOV_CTRL;
import static vfio.pci.core.id.PciRegisters.SRIOV_CTRL_VFE;
import static vfio.pci.core.id.PciRegisters.SRIOV_FUNC_LINK;
import static vfio.pci.core.id.PciRegisters.SRIOV_NUM_VF;
import static vfio.pci.core.id.PciRegisters.STATUS;
import static vfio.pci.core.id.PciRegisters.STATUS_INTERRUPT;
import static vfio.pci.core.id.PciRegisters.VPD_ADDR;
import static vfio.pci.core.id.PciRegisters.VPD_ADDR_F;

import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.hardware.emulated.FunctionDescription;
import vfio.hardware.emulated.config.ConfigImage;
import vfio.pci.core.bus.PciFunction.ConfigSpace;
import vfio.pci.core.id.PciAddress;

/**
 * The config space of a function as its hardware answers. Until the first write its bytes are the image of the description,
 * shared with equal functions; once the function is unplugged they read all ones for ever.
 */
final class RawConfig implements ConfigSpace {
    private static final int VPD_FLAG = VPD_ADDR_F >>> 8;

    private static final int NO_TYPE = HEADER_TYPE_MASK; // all ones: the function did not answer when it was dumped

    private final FunctionDescription description;
    private final PciAddress address;
    private final FunctionActions function;
    /** Null while equal to the image. */
    private byte[] own;
    private boolean multiFunction;
    private boolean unplugged;
    /** Set by a reset that hangs: config space answers as if unplugged until another reset works. */
    private boolean silent;

    RawConfig(FunctionDescription description, PciAddress address, FunctionActions function) {
        this.description = description;
        this.address = address;
        this.function = function;
    }

    /** Returns what the function is. */
    FunctionDescription description() {
        return description;
    }

    /** Returns the config space after power-on. */
    ConfigImage image() {
        return description.config();
    }

    /** Returns the header type after power-on, without the bit of a multi-function device. */
    int headerType() {
        int type = image().value(HEADER_TYPE) & HEADER_TYPE_MASK;
        return type == NO_TYPE ? description.key().headerType() : type;
    }

    /** Tells whether the function is in D3hot, where nothing but configuration space answers. */
    boolean asleep() {
        return PowerRegisters.state(this, image()) == D3_HOT;
    }

    @Override
    public int size() {
        return image().size();
    }

    @Override
    public synchronized int read(int offset, int width) {
        check("read", offset, width);
        int value = 0;
        for (int i = width - 1; i >= 0; i--) {
            value = value << 8 | (unplugged || silent ? 0xff : at(offset + i) & 0xff);
        }
        return value;
    }

    @Override
    public void write(int offset, int width, int value) {
        check("write", offset, width);
        boolean enableChanged;
        ConfigEffects effects;
        synchronized (this) {
            if (unplugged || silent) {
                return;
            }
            boolean before = vfEnable();
            effects = ConfigEffects.before(this, image(), offset, width);
            for (int i = 0; i < width; i++) {
                writeByte(offset + i, value >> 8 * i, before);
            }
            transferProductData(offset, width);
            enableChanged = before != vfEnable();
        }
        if (enableChanged) {
            // Without the lock: VFs come and go under the bus's.
            function.virtualFunctionsSwitched();
        }
        effects.follow(function, headerType() == HEADER_TYPE_BRIDGE, value);
    }

    private void check(String what, int offset, int width) {
        boolean width124 = width == 1 || width == 2 || width == 4;
        if (!width124 || offset < 0 || offset > size() - width || (offset & width - 1) != 0) {
            throw new VfioException(Errno.EFAULT, what + " " + width + " bytes at " + offset + " of the config space of "
                    + address + ": it has " + size() + " bytes; accesses of 1, 2 or 4 bytes are aligned");
        }
    }

    /** Reads a byte; puts in the bits that depend on the place, so that the image stays shared. */
    private byte at(int offset) {
        int value = own == null ? image().value(offset) : own[offset];
        if (image().verbatim()) {
            return (byte) value;
        }
        if (offset == HEADER_TYPE && multiFunction) {
            value |= HEADER_TYPE_MFD;
        } else if (offset == PRIMARY_BUS && own == null && description.isBridge()) {
            value = address.bus();
        } else if (image().sriov() != 0 && offset == image().sriov() + SRIOV_FUNC_LINK) {
            value = address.devfn();
        }
        return (byte) value;
    }

    private void writeByte(int offset, int value, boolean vfsEnabled) {
        int writable = image().writable(offset);
        int numVfs = image().sriov() + SRIOV_NUM_VF;
        if (image().sriov() != 0 && vfsEnabled && (offset == numVfs || offset == numVfs + 1)) {
            writable = 0;
        }
        int before = at(offset);
        int after = (before & ~writable | value & writable) & ~(value & image().clearable(offset));
        after = PowerRegisters.accepted(image(), offset, before, after);
        if (after != before) {
            put(offset, after);
        }
    }

    private void put(int offset, int value) {
        if (own == null) {
            byte[] copy = image().bytes();
            copy[PRIMARY_BUS] = at(PRIMARY_BUS);
            own = copy;
        }
        own[offset] = (byte) value;
    }

    /** Does the VPD transfer that a write to the flag starts: 0 asks for four bytes, 1 stores them, which changes nothing. */
    private void transferProductData(int offset, int width) {
        int capability = image().standard(CAP_ID_VPD);
        int flag = capability + VPD_ADDR + 1;
        if (capability == 0 || flag < offset || flag >= offset + width) {
            return;
        }
        boolean store = (at(flag) & VPD_FLAG) != 0;
        byte[] data = description.productData();
        int from = (at(flag) & 0x7f) << 8 | at(flag - 1) & 0xff;
        for (int i = 0; i < 4 && !store; i++) {
            put(flag + 1 + i, from + i < data.length ? data[from + i] : 0);
        }
        put(flag, at(flag) ^ VPD_FLAG);
    }

    /** Shows in STATUS whether the function's INTx is asserted. */
    synchronized void interruptStatus(boolean asserted) {
        int status = at(STATUS) & ~STATUS_INTERRUPT;
        put(STATUS, asserted ? status | STATUS_INTERRUPT : status);
    }

    /**
     * Sets bits of a register of two or four bytes, as the function itself does.
     *
     * @return the register's value now
     */
    synchronized int report(int position, int width, int bits) {
        for (int i = 0; i < width && bits >>> Byte.SIZE * i != 0; i++) {
            put(position + i, at(position + i) | bits >>> Byte.SIZE * i);
        }
        return read(position, width);
    }

    /**
     * Sets the pending bit of a message that is masked; tells whether the message is masked. Under the lock, so that no write
     * unmasks in between.
     */
    synchronized boolean keepIfMasked(int mask, int vector) {
        int at = mask + vector / Byte.SIZE;
        int bit = 1 << vector % Byte.SIZE;
        boolean masked = (at(at) & bit) != 0;
        if (masked) {
            put(at + 4, at(at + 4) | bit);
        }
        return masked;
    }

    /** Clears and returns the pending bits of messages that are no longer masked. */
    synchronized int takeUnmasked(int mask) {
        int come = read(mask + 4, 4) & ~read(mask, 4);
        for (int i = 0; i < 4; i++) {
            put(mask + 4 + i, at(mask + 4 + i) & ~(come >>> Byte.SIZE * i));
        }
        return come;
    }

    /**
     * Resets all but sticky bits to their values after power-on. A bridge keeps the numbers of its buses, which it would get
     * again.
     *
     * @param alone whether the function alone is reset: its link goes on (PCIe 6.0 section 6.6.2)
     */
    synchronized void reset(boolean alone) {
        silent = false;
        if (own == null || unplugged) {
            return;
        }
        byte[] before = own;
        own = image().bytes();
        for (int i = 0; i < own.length; i++) {
            int kept = image().sticky(i);
            own[i] = (byte) (own[i] & ~kept | before[i] & kept);
        }
        if (description.isBridge()) {
            System.arraycopy(before, PRIMARY_BUS, own, PRIMARY_BUS, 3);
        }
        if (alone) {
            keepLink(before);
        }
    }

    /** Keeps Max_Payload_Size and the link's control, which are agreed with the other end of the link. */
    private void keepLink(byte[] before) {
        int express = image().standard(CAP_ID_EXP);
        if (express != 0) {
            int control = express + EXP_DEVCTL;
            own[control] = (byte) (own[control] & ~EXP_DEVCTL_PAYLOAD | before[control] & EXP_DEVCTL_PAYLOAD);
            System.arraycopy(before, express + EXP_LNKCTL, own, express + EXP_LNKCTL, 2);
        }
    }

    /** Makes it answer all ones until the next reset that works. */
    synchronized void fallSilent() {
        silent = true;
    }

    /** Sets the bit of a multi-function device in the header type. */
    synchronized void multiFunction() {
        multiFunction = true;
    }

    /** Makes it answer all ones from now on. */
    synchronized void unplug() {
        unplugged = true;
    }

    /** Tells whether the function is unplugged. */
    synchronized boolean unplugged() {
        return unplugged;
    }

    private boolean vfEnable() {
        return image().sriov() != 0 && (at(image().sriov() + SRIOV_CTRL) & SRIOV_CTRL_VFE) != 0;
    }

    /** Returns NumVFs where VF Enable is set, else 0. */
    synchronized int enabledVfs() {
        int numVfs = image().sriov() + SRIOV_NUM_VF;
        return vfEnable() ? at(numVfs) & 0xff | (at(numVfs + 1) & 0xff) << 8 : 0;
    }

    /** Sets NumVFs and VF Enable as the hardware ends up; 0 leaves NumVFs at 0 and VF Enable clear. */
    synchronized void enabledVfs(int count) {
        int sriov = image().sriov();
        put(sriov + SRIOV_NUM_VF, count);
        put(sriov + SRIOV_NUM_VF + 1, count >> 8);
        int control = at(sriov + SRIOV_CTRL) & ~SRIOV_CTRL_VFE;
        put(sriov + SRIOV_CTRL, count == 0 ? control : control | SRIOV_CTRL_VFE);
    }
}
