// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.bus;

import static vfio.pci.core.id.PciRegisters.CFG_SPACE_EXP_SIZE;
import static vfio.pci.core.id.PciRegisters.CFG_SPACE_SIZE;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.hardware.linux.sysfs.SysfsDirectory;
import vfio.pci.core.bus.PciFunction;
import vfio.pci.core.id.PciAddress;

/**
 * The configuration space in sysfs' file {@code config}, to be read: an ordinary user sees the first 64 bytes. The file is
 * opened for each read, since the kernel keeps the function awake while it is read.
 */
record SysfsConfig(PciAddress address, SysfsDirectory directory) implements PciFunction.ConfigSpace {

    @Override
    public int size() {
        return directory.size("config", warning -> { }) >= CFG_SPACE_EXP_SIZE ? CFG_SPACE_EXP_SIZE : CFG_SPACE_SIZE;
    }

    @Override
    public int read(int offset, int width) {
        if (width != 1 && width != 2 && width != 4 || offset < 0 || offset > CFG_SPACE_EXP_SIZE - width
                || offset % width != 0) {
            throw failed(offset, width, Errno.EFAULT, "an access has 1, 2 or 4 bytes, aligned, within the space", null);
        }
        ByteBuffer bytes = ByteBuffer.allocate(width).order(ByteOrder.LITTLE_ENDIAN);
        try (SeekableByteChannel channel = Files.newByteChannel(directory.path().resolve("config"))) {
            channel.position(offset);
            while (bytes.hasRemaining() && channel.read(bytes) > 0) {
                continue;
            }
        } catch (IOException e) {
            throw failed(offset, width, Errno.EIO, SysfsDirectory.reason(e), e);
        }
        if (bytes.hasRemaining()) {
            throw failed(offset, width, Errno.EFAULT,
                    "the kernel gives no more; beyond the first 64 bytes it wants CAP_SYS_ADMIN", null);
        }
        return switch (width) {
            case 1 -> bytes.get(0) & 0xff;
            case 2 -> bytes.getShort(0) & 0xffff;
            default -> bytes.getInt(0);
        };
    }

    private VfioException failed(int offset, int width, Errno errno, String why, IOException cause) {
        return new VfioException(errno,
                "read %d bytes of config space at 0x%x of %s: %s".formatted(width, offset, address, why), cause);
    }

    @Override
    public void write(int offset, int width, int value) {
        throw new VfioException(Errno.EACCES, "write config space of " + address
                + ": the linux bus only reads; the function's host driver may be using it");
    }
}
