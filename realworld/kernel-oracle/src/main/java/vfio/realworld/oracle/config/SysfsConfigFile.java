// SPDX-License-Identifier: Apache-2.0
package vfio.realworld.oracle.config;

import static vfio.pci.core.id.PciRegisters.CFG_SPACE_EXP_SIZE;
import static vfio.pci.core.id.PciRegisters.CFG_SPACE_SIZE;

import vfio.os.Fd;
import vfio.os.Kernel;
import vfio.os.call.NativeBytes;
import vfio.pci.core.bus.PciFunction.ConfigSpace;

/** The real configuration space of a function, by the kernel's {@code config} file; open until it is closed. */
final class SysfsConfigFile implements ConfigSpace, AutoCloseable {
    private final Fd file;
    private final int size;
    private final NativeBytes bytes = NativeBytes.allocate(CFG_SPACE_EXP_SIZE);

    SysfsConfigFile(String function) {
        file = Kernel.host().open("/sys/bus/pci/devices/" + function + "/config", Kernel.READ_WRITE);
        size = file.pread(bytes, 0, CFG_SPACE_EXP_SIZE, 0) > CFG_SPACE_SIZE ? CFG_SPACE_EXP_SIZE : CFG_SPACE_SIZE;
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public synchronized int read(int offset, int width) {
        bytes.bytes().putInt(0, 0);
        file.pread(bytes, 0, width, offset);
        return bytes.bytes().getInt(0);
    }

    @Override
    public synchronized void write(int offset, int width, int value) {
        bytes.bytes().putInt(0, value);
        file.pwrite(bytes, 0, width, offset);
    }

    /** All of it, by dwords as the hardware has it. */
    synchronized byte[] all() {
        byte[] copy = new byte[size];
        file.pread(bytes, 0, size, 0);
        bytes.bytes().get(0, copy);
        return copy;
    }

    @Override
    public void close() {
        file.close();
    }
}
