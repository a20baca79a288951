// SPDX-License-Identifier: Apache-2.0
package examples.nvme;

import java.nio.charset.StandardCharsets;
import vfio.core.VfioException;
import vfio.hardware.linux.LinuxHost;
import vfio.pci.core.user.DmaMemory;
import vfio.pci.core.user.FunctionHandle;

/** Asks an NVMe controller what it is, and what namespaces it has: model, serial number, firmware, sizes. */
public final class Identify {
    private static final int IDENTIFY = 0x06;
    /** What to identify (NVMe 1.4, 5.15): CNS. */
    private static final int NAMESPACE = 0;
    private static final int CONTROLLER = 1;
    private static final int ACTIVE_NAMESPACES = 2;
    /** Of what an Identify command returns, in bytes. */
    private static final int DATA_SIZE = 4096;

    private final AdminQueue queue;
    private final DmaMemory answer;

    private Identify(AdminQueue queue, DmaMemory answer) {
        this.queue = queue;
        this.answer = answer;
    }

    /** Argument: the address of a function that the kernel has given to VFIO. */
    public static void main(String[] arguments) throws InterruptedException {
        if (arguments.length != 1) {
            System.err.println("usage: examples/nvme-identify/run ADDRESS, such as 0000:01:00.0");
            System.exit(2);
        }
        try (FunctionHandle function = LinuxHost.open(arguments[0])) {
            checkClass(function);
            Identify identify = new Identify(new AdminQueue(function), function.dma(DATA_SIZE));
            identify.controller(function.name());
            identify.namespaces();
        } catch (VfioException | IllegalStateException e) {
            System.err.println("nvme-identify: " + e.getMessage());
            System.exit(1);
        }
    }

    private static void checkClass(FunctionHandle function) {
        int code = function.config().read32(8) >>> 8; // PCI 3.0 §6.2.1
        if (code != 0x010802) {
            throw new IllegalStateException(function.name() + " is no NVMe controller: its class is %06x".formatted(code));
        }
    }

    private void controller(String name) throws InterruptedException {
        queue.run(IDENTIFY, 0, answer.iova(), CONTROLLER);
        System.out.println("controller " + name);
        System.out.println("  model     " + text(24, 40));
        System.out.println("  serial    " + text(4, 20));
        System.out.println("  firmware  " + text(64, 8));
        System.out.println("  vendor    %04x".formatted(answer.view().read16(0)));
    }

    /** ASCII, with blanks to its end. */
    private String text(int offset, int length) {
        return new String(answer.get(offset, length), StandardCharsets.US_ASCII).trim();
    }

    private void namespaces() throws InterruptedException {
        queue.run(IDENTIFY, 0, answer.iova(), ACTIVE_NAMESPACES);
        int[] ids = new int[DATA_SIZE / Integer.BYTES];
        int count = 0;
        while (count < ids.length && answer.view().read32(4L * count) != 0) {
            ids[count] = answer.view().read32(4L * count++);
        }
        System.out.println("namespaces " + count);
        for (int i = 0; i < count; i++) {
            namespace(ids[i]);
        }
    }

    private void namespace(int id) throws InterruptedException {
        queue.run(IDENTIFY, id, answer.iova(), NAMESPACE);
        long blocks = answer.view().read64(0);
        int format = answer.view().read8(26) & 0xf;
        int shift = answer.view().read32(128 + 4L * format) >>> 16 & 0xff;
        System.out.println("  %d: %d blocks of %d bytes, %d MiB".formatted(id, blocks, 1 << shift, blocks << shift >>> 20));
    }
}
