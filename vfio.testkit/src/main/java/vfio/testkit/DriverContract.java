// SPDX-License-Identifier: Apache-2.0
package vfio.testkit;

import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import vfio.core.device.DeviceHandle;
import vfio.hardware.emulated.FunctionDescription;
import vfio.pci.core.PciDriver;
import vfio.pci.core.id.PciDeviceId;

/**
 * What a VFIO driver has to keep, as JUnit tests: a vendor extends this, says which driver and which function, and has them
 * all. Each test is one fact on a function of its own; where it fails it says what the driver did wrong and what to do. A
 * fact about something that the driver does not claim is aborted with a word why, as is one that an earlier fact stops.
 */
public abstract class DriverContract implements LifeCycleFacts, ConfigurationFacts, RegionFacts, InterruptFacts, ResetFacts,
        MigrationFacts, DrainFacts, UpdateFacts, ExchangeFacts {
    private Rig rig;

    /** A new instance of the driver under test; called once for each bind. */
    protected abstract PciDriver driver();

    /** The function it is run on: its ids, BARs and capabilities as the hardware has them. */
    protected abstract FunctionDescription function();

    /** The entry of the driver's table with which it is probed. */
    protected PciDeviceId id() {
        return PciDeviceId.MATCH_ALL;
    }

    /** How long each call of the driver may take; what an operator sets as {@code probeLimitMillis}. */
    protected Duration limit() {
        return Duration.ofSeconds(10);
    }

    /**
     * Whether a piece of a region may be read without harm; registers that change when they are read are left out so.
     *
     * @param position a multiple of 64, the piece's length
     */
    @Override
    public boolean readable(int region, long position) {
        return true;
    }

    /** The versions of its state that the driver knows, as {@code state} of its {@code @PciIds}; none where that has none. */
    @Override
    public String state() {
        return "";
    }

    /** Gives the device a state that is worth migrating, and handing over to the driver's next version. */
    @Override
    public void use(DeviceHandle handle) {
        // a device as it was opened has a state, too
    }

    /** Whether two devices of these images, read in STOP_COPY, are in the same state. */
    @Override
    public boolean sameState(byte[] saved, byte[] savedAfterRestore) {
        return Arrays.equals(saved, savedAfterRestore);
    }

    /** The rig of this test, where a fact of the vendor's own is to be added. */
    @Override
    public final Rig rig() {
        return rig;
    }

    @BeforeEach
    final void plugIn() {
        rig = new Rig(function(), this::driver, id(), limit());
    }

    @AfterEach
    final void pullOut() {
        if (rig != null) {
            rig.close();
        }
    }
}
