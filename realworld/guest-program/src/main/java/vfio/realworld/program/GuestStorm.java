// SPDX-License-Identifier: Apache-2.0
package vfio.realworld.program;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import vfio.core.EventLog;
import vfio.core.VfioException;
import vfio.core.device.DeviceHandle;
import vfio.core.device.VfioUser;
import vfio.pci.core.user.FunctionHandle;
import vfio.pci.core.user.Interrupt;
import vfio.pci.core.user.Registers;
import vfio.pci.core.user.VfioPciDevices;

/**
 * Drives the edu that the system property {@code guest.storm} names, as fast as it answers, from the moment the function can
 * be had until there is the file {@code /run/storm-end}: writes and reads a mapped register, has a message raised, waits for
 * it. Events {@code storm} say when this begins, that somebody wants the function back, and at the end what was done.
 */
@Component(immediate = true, service = GuestStorm.class)
public final class GuestStorm implements VfioUser {
    private static final String FUNCTION = System.getProperty("guest.storm", "");
    private static final Path END = Path.of("/run/storm-end");
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final long PAUSE_MILLIS = 50;

    private static final int LIVENESS = 0x04;
    private static final int RAISE = 0x60;
    private static final int ACKNOWLEDGE = 0x64;

    private final VfioPciDevices devices;
    private final EventLog events;
    private long raised;
    private long came;
    private long wrong;

    @Activate
    public GuestStorm(@Reference VfioPciDevices devices, @Reference EventLog events) {
        this.devices = devices;
        this.events = events;
        if (!FUNCTION.isEmpty()) {
            new Thread(this::run, "guest-storm").start();
        }
    }

    @Override
    public String name() {
        return "guest-storm";
    }

    @Override
    public void requested(DeviceHandle handle) {
        tell("is wanted back");
    }

    private void tell(String text) {
        events.record("storm", FUNCTION, text);
    }

    private void run() {
        try {
            while (raised == 0 && !Files.exists(END)) {
                Thread.sleep(PAUSE_MILLIS);
                hold();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void hold() throws InterruptedException {
        try (FunctionHandle edu = devices.use(FUNCTION, this)) {
            Registers registers = edu.bar(0);
            Interrupt message = edu.msi();
            edu.enableBusMaster();
            tell("has begun");
            while (!Files.exists(END) && raised == came) {
                round(registers, message);
            }
            tell("has ended: " + raised + " raised, " + came + " came, " + wrong + " wrong");
        } catch (VfioException e) {
            if (raised > 0) { // else it is not bound yet, and tried again
                tell("has ended: " + e.getMessage());
            }
        }
    }

    private void round(Registers registers, Interrupt message) throws InterruptedException {
        int written = (int) raised;
        registers.write32(LIVENESS, written);
        wrong += registers.read32(LIVENESS) == ~written ? 0 : 1;
        registers.write32(RAISE, 1);
        raised++;
        came += message.await(PATIENCE);
        registers.write32(ACKNOWLEDGE, 1);
    }
}
