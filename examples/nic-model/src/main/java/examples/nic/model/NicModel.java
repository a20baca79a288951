// SPDX-License-Identifier: Apache-2.0
package examples.nic.model;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import vfio.core.VfioException;
import vfio.hardware.emulated.model.DeviceModel;
import vfio.hardware.emulated.model.ModelPort;

/**
 * The PF of a network card whose firmware takes commands from a page of memory. Register 0 of BAR 0 identifies the card, 8
 * has the page's address, and a write of 10h rings the doorbell: the firmware reads the command at the page's begin, writes
 * the answer at 40h, and sends message 0. BAR 2 is memory, for the table of MSI-X.
 *
 * <p>There is one command, 1, with the number of a VF: the answer is status 0 and the VF's MAC address.
 */
final class NicModel implements DeviceModel {
    private static final int IDENTIFICATION = 0x4e49_4301;
    private static final int PAGE = 0x08;
    private static final int DOORBELL = 0x10;
    private static final int ANSWER = 0x40;
    private static final int QUERY_MAC = 1;
    private static final int UNKNOWN = 1;

    private final ModelPort port;
    private final ExecutorService firmware = Executors.newSingleThreadExecutor(loop -> {
        Thread thread = new Thread(loop, "vfio-emulated-nic");
        thread.setDaemon(true);
        return thread;
    });
    private volatile long page;

    NicModel(ModelPort port) {
        this.port = port;
    }

    @Override
    public boolean memory(int bar) {
        return bar == 2;
    }

    @Override
    public long read(int bar, long position, int width) {
        return position == 0 ? IDENTIFICATION : position == PAGE ? page : 0;
    }

    @Override
    public void write(int bar, long position, int width, long value) {
        if (position == PAGE) {
            page = value;
        } else if (position == DOORBELL) {
            firmware.execute(this::command);
        }
    }

    private void command() {
        ByteBuffer command = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
        ByteBuffer answer = ByteBuffer.allocate(12).order(ByteOrder.LITTLE_ENDIAN);
        try {
            port.readMemory(page, command);
            if (command.getInt(0) == QUERY_MAC) {
                answer.put(4, new byte[] {0x02, 0x4e, 0x49, 0x43, 0, (byte) command.getInt(4)});
            } else {
                answer.putInt(0, UNKNOWN);
            }
            port.writeMemory(page + ANSWER, answer);
        } catch (VfioException e) {
            port.reportError(); // the page is not memory
            return;
        }
        port.raise(0);
    }

    @Override
    public void reset() {
        page = 0;
    }

    @Override
    public void close() {
        firmware.shutdownNow();
    }
}
