// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.open;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.device.DeviceHandle;
import vfio.core.device.VfioUser;
import vfio.core.info.DeviceInfo;
import vfio.pci.core.VfioPciDevice;
import vfio.pci.core.VfioPciOperations;
import vfio.pci.core.bus.PciBus.Virtualization;
import vfio.pci.core.fake.FakeDriver;
import vfio.pci.core.fake.FakeFunction;
import vfio.pci.core.fake.HardwareImage;
import vfio.pci.core.id.PciRegisters;
import vfio.pci.core.id.RegionIndex;
import vfio.pci.core.internal.TestCore;
import vfio.pci.core.internal.facet.DeviceFacet;

/** An operator says how a function is reset, as in sysfs reset_method. */
class ResetSelectionTest {
    private static final String NAME = "0000:01:00.0";
    private static final int FLR = 1 << 15;

    private final TestCore core = new TestCore();
    private final DeviceFacet devices = new DeviceFacet(core.core, core.programs);
    private HardwareImage config;
    private int express;
    private int power;

    @BeforeEach
    void bind() {
        FakeFunction function = new FakeFunction(NAME, 1, 2);
        config = new HardwareImage(4096);
        power = config.standard(0x01, HardwareImage.body(6, 0, 3)) + 4;
        config.rw(power, 2, 3);
        express = config.standard(0x10, HardwareImage.body(0x32, 0, 2, 4, 1 << 12)) + 8;
        function.config = config;
        core.bus.plug(function);
        core.arrives(FakeDriver.flagged("gen", "*:*"));
        core.admin.bind(NAME, "gen", false);
    }

    @AfterEach
    void end() {
        core.close();
    }

    private List<String> methods() {
        return devices.resetMethods(NAME).methods();
    }

    private void choose(String... methods) {
        devices.resetMethods(NAME, List.of(methods));
    }

    private Errno refused(String... methods) {
        return TestCore.errno(() -> devices.resetMethods(NAME, List.of(methods)));
    }

    private DeviceHandle open() {
        return core.programs.open(NAME, VfioUser.named("user"));
    }

    /** By which methods one reset is made. */
    private String used(DeviceHandle handle) {
        config.writes.clear();
        handle.reset();
        boolean flr = config.writes.stream().anyMatch(write -> write.startsWith("%x+2=".formatted(express))
                && (Integer.parseInt(write.substring(write.indexOf('=') + 1), 16) & FLR) != 0);
        boolean pm = config.writes.contains("%x+2=3".formatted(power));
        return (flr ? "flr" : "") + (pm ? "pm" : "");
    }

    @Test
    @Tag("C7-4")
    void onlyTheMethodsGivenAreTriedInTheirOrder() {
        assertEquals(List.of("flr", "pm"), methods());
        try (DeviceHandle handle = open()) {
            assertEquals("flr", used(handle));
            choose("pm", "flr");
            assertEquals(List.of("pm", "flr"), methods());
            assertEquals("pm", used(handle));
            choose("flr");
            assertEquals("flr", used(handle));
            choose("pm");
            assertEquals("pm", used(handle));
            choose("default");
            assertEquals(List.of("flr", "pm"), methods());
            assertEquals("flr", used(handle));
        }
    }

    @Test
    @Tag("C7-4")
    void methodThatIsUnknownOrNotThereIsEinvalAndChangesNothing() {
        choose("pm");
        assertEquals(Errno.EINVAL, refused("flr", "warm"));
        assertEquals(Errno.EINVAL, refused("FLR"));
        assertEquals(Errno.EINVAL, refused(""));
        assertEquals(Errno.EINVAL, refused("flr", "default"));
        for (String absent : List.of("device_specific", "acpi", "af_flr", "bus", "cxl_bus")) {
            assertEquals(Errno.EINVAL, refused("flr", absent), absent);
        }
        assertEquals(Errno.EINVAL, refused("pm", "pm", "pm", "pm", "pm", "pm", "pm", "pm"), "more than there are");
        assertEquals(List.of("pm"), methods());
    }

    @Test
    @Tag("C7-4")
    void noMethodDisablesReset() {
        try (DeviceHandle handle = open()) {
            choose();
            assertEquals(List.of(), methods());
            assertEquals(Errno.ENOTTY, TestCore.errno(handle::reset));
        }
        try (DeviceHandle handle = open()) {
            assertEquals(0, handle.info().flags() & DeviceInfo.RESET, "no reset worked when it was opened");
            VfioException refused = assertThrows(VfioException.class, handle::reset);
            assertEquals("reset " + NAME + ": an operator has disabled it; 'reset-method " + NAME
                    + " default' allows it again", refused.sentence());
            choose("default");
        }
        try (DeviceHandle handle = open()) {
            assertEquals("flr", used(handle));
        }
    }

    @Test
    void operatorsWriteSaysWhetherTheFunctionWasResetAfterIt() {
        assertTrue(write(false), "nobody else has it open");
        try (DeviceHandle handle = open()) {
            assertFalse(write(true), "open by another user, so that nothing resets it");
            assertTrue(handle.isOpen());
        }
        choose();
        assertFalse(write(false), "no reset of it works");
    }

    private boolean write(boolean force) {
        return devices.write(NAME, RegionIndex.CONFIG, PciRegisters.COMMAND, 2, PciRegisters.COMMAND_MASTER, force);
    }

    @Test
    void choiceIsTheFunctionsNotTheDrivers() {
        choose("pm");
        core.arrives(FakeDriver.flagged("other", "*:*"));
        core.admin.unbind(NAME);
        assertEquals(List.of("pm"), methods());
        core.admin.bind(NAME, "other", false);
        try (DeviceHandle handle = open()) {
            assertEquals("pm", used(handle));
        }
    }

    @Test
    void driversOwnMethodCanBeChosenAndLeftOut() {
        int[] own = new int[1];
        core.arrives(FakeDriver.flagged("vendor", "*:*")).onProbe = device -> new OwnReset(device, own);
        core.admin.unbind(NAME);
        core.admin.bind(NAME, "vendor", false);
        assertEquals(List.of("device_specific", "flr", "pm"), methods());
        try (DeviceHandle handle = open()) {
            assertEquals(1, own[0]);
            choose("flr");
            assertEquals("flr", used(handle));
            assertEquals(1, own[0]);
            choose("device_specific");
            assertEquals("", used(handle));
            assertEquals(2, own[0]);
        }
    }

    /** A driver whose device is reset its own way. */
    static final class OwnReset extends VfioPciOperations {
        private final int[] count;

        private OwnReset(VfioPciDevice device, int[] count) {
            super(device);
            this.count = count;
        }

        @Override
        public boolean resetFunction() {
            count[0]++;
            return true;
        }
    }

    @Test
    void functionsOfAHostAreTheHosts() {
        TestCore host = new TestCore(new TestCore.Settings("merged", 60_000, 60_000), Virtualization.HOST);
        try (host) {
            host.plug(NAME, 1, 2);
            DeviceFacet facet = new DeviceFacet(host.core, host.programs);
            assertEquals(Errno.EOPNOTSUPP, TestCore.errno(() -> facet.resetMethods(NAME)));
            assertEquals(Errno.EOPNOTSUPP, TestCore.errno(() -> facet.resetMethods(NAME, List.of("flr"))));
        }
    }
}
