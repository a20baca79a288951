// SPDX-License-Identifier: Apache-2.0
package examples.nic.pf;

import examples.nic.api.NicCommands;
import java.time.Duration;
import java.util.Map;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.device.DriverState;
import vfio.pci.core.PciFunctionOwner;
import vfio.pci.core.VfioPciDevice;
import vfio.pci.core.id.PciAddress;
import vfio.pci.core.user.DmaMemory;
import vfio.pci.core.user.Interrupt;
import vfio.pci.core.user.Registers;

/** The owner of the card's PF: gives the firmware commands, for itself and for the drivers of the VFs. */
final class NicOwner implements PciFunctionOwner, NicCommands {
    private static final int PAGE = 0x08;
    private static final int DOORBELL = 0x10;
    private static final int ANSWER = 0x40;
    private static final int MAC = ANSWER + 4;
    private static final int MAC_LENGTH = 6;
    private static final int QUERY_MAC = 1;
    private static final Duration PATIENCE = Duration.ofSeconds(1);

    private final VfioPciDevice device;
    private Registers registers;
    private DmaMemory commands;
    private Interrupt done;
    /** How many commands the firmware was given, by this version and those before. */
    private long given;

    NicOwner(VfioPciDevice device) {
        this.device = device;
    }

    @Override
    public VfioPciDevice device() {
        return device;
    }

    @Override
    public void start() {
        attach();
        registers.write64(PAGE, commands.iova());
        device.setting("vfs").ifPresent(count -> device.function().enableVirtualFunctions(Integer.parseInt(count)));
    }

    /** Asks the core for what it keeps; the next version asks for the same, and finds it at work. */
    private void attach() {
        registers = device.bar(0);
        commands = device.dma("commands", 4096);
        done = device.msix(1).get(0);
        device.offer(NicCommands.class, this, Map.of());
    }

    /** Takes the VFs away that this driver has made. */
    @Override
    public void stop() {
        device.setting("vfs").ifPresent(count -> device.function().enableVirtualFunctions(0));
    }

    @Override
    public DriverState handOver(int version) {
        return DriverState.of(version).with("given", given);
    }

    @Override
    public void takeOver(DriverState state) {
        attach();
        given = state.number("given", 0);
    }

    @Override
    public byte[] macOf(PciAddress vf) {
        int number = device.function().virtualFunctions().indexOf(vf);
        if (number < 0) {
            throw new VfioException(Errno.EINVAL, "ask for the MAC address of " + vf + ": it is no VF of " + device.address());
        }
        return command(QUERY_MAC, number, MAC, MAC_LENGTH);
    }

    /** Gives the firmware a command, and returns a part of its answer. */
    private synchronized byte[] command(int command, int argument, long at, int length) {
        String what = "command " + command + " of " + device.address();
        given++;
        done.take(); // what a command before has left, whose giver did not wait
        commands.view().write32(0, command);
        commands.view().write32(4, argument);
        registers.write32(DOORBELL, 1);
        try {
            if (done.await(PATIENCE) == 0) {
                throw new VfioException(Errno.ETIMEDOUT, what + ": the firmware does not answer");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new VfioException(Errno.EINTR, what);
        }
        if (commands.view().read32(ANSWER) != 0) {
            throw new VfioException(Errno.EIO, what + ": the firmware answered status " + commands.view().read32(ANSWER));
        }
        return commands.get(at, length);
    }
}
