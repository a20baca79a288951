// SPDX-License-Identifier: Apache-2.0
package vfio.realworld.program;

import java.nio.file.Files;
import java.nio.file.Path;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import vfio.core.EventLog;
import vfio.core.VfioException;
import vfio.core.device.DeviceHandle;
import vfio.core.device.VfioUser;
import vfio.pci.core.user.DmaMemory;
import vfio.pci.core.user.FunctionHandle;
import vfio.pci.core.user.Registers;
import vfio.pci.core.user.VfioPciDevices;

/**
 * Holds the function that the system property {@code guest.function} names whenever it can be had, with memory mapped and
 * bus mastering on, and lets go when it is asked to, unless there is the file that {@code guest.deaf} names. Events
 * {@code program} say so. Ends with its bundle.
 */
@Component(immediate = true, service = Program.class)
public final class Program implements VfioUser {
    private static final String FUNCTION = System.getProperty("guest.function", "");
    private static final Path DEAF = Path.of(System.getProperty("guest.deaf", "/never"));
    private static final int SIZE = 1 << 20;
    private static final long PAUSE_MILLIS = 50;

    private final VfioPciDevices devices;
    private final EventLog events;
    private boolean requested;
    private boolean ended;

    @Activate
    public Program(@Reference VfioPciDevices devices, @Reference EventLog events) {
        this.devices = devices;
        this.events = events;
        new Thread(this::run, "guest-program").start();
    }

    @Override
    public String name() {
        return "guest-program";
    }

    @Override
    public synchronized void requested(DeviceHandle handle) {
        requested = !Files.exists(DEAF);
        notifyAll();
    }

    @Deactivate
    synchronized void end() {
        ended = true;
        notifyAll();
    }

    private void run() {
        try {
            while (pause()) {
                hold();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** A little before the next try; false at the end. */
    private synchronized boolean pause() throws InterruptedException {
        wait(PAUSE_MILLIS);
        requested = false;
        return !ended;
    }

    private void hold() throws InterruptedException {
        try (FunctionHandle function = devices.use(FUNCTION, this)) {
            DmaMemory memory = function.dma(SIZE);
            Registers registers = function.bar(0);
            function.enableBusMaster();
            events.record("program", FUNCTION, "is held, with " + memory.size() + " bytes mapped");
            awaitReason(function);
            if (!function.isOpen()) {
                String read = Integer.toHexString(registers.read32(0));
                events.record("program", FUNCTION, "was taken away, and reads 0x" + read);
            }
        } catch (VfioException e) {
            return; // not bound, or gone before all was done: tried again
        }
        events.record("program", FUNCTION, "is let go of");
    }

    private synchronized void awaitReason(FunctionHandle function) throws InterruptedException {
        while (!requested && !ended && function.isOpen()) {
            wait(PAUSE_MILLIS);
        }
    }
}
