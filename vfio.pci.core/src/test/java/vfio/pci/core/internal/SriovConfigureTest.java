// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import vfio.core.Errno;
import vfio.core.EventSignal;
import vfio.core.VfioException;
import vfio.core.device.DeviceHandle;
import vfio.core.device.VfioUser;
import vfio.core.feature.FeatureRequest;
import vfio.core.feature.Features;
import vfio.pci.core.fake.FakeDriver;
import vfio.pci.core.fake.FakeFunction;
import vfio.pci.core.fake.HardwareImage;
import vfio.pci.core.id.PciAddress;
import vfio.pci.core.internal.facet.DeviceFacet;
import vfio.pci.core.internal.slot.DriverSettings;

/** VFs of a PF come and go by an operator, and the PF's power with them. */
class SriovConfigureTest {
    private static final String PF = "0000:01:00.0";
    private static final int D0 = 0;
    private static final int D3_HOT = 3;
    private static final int CONFIG = 7;
    private static final int TOTAL = 16;

    private final TestCore core = new TestCore(new TestCore.Settings("merged", 5_000, 60_000));
    private final DeviceFacet devices = new DeviceFacet(core.core, core.programs);
    private final List<FakeFunction> virtual = new ArrayList<>();
    private final List<Integer> powerAtEnable = new ArrayList<>();
    private FakeFunction pf;
    private FakeDriver gen;
    private HardwareImage config;
    private int control;
    private int express;

    @BeforeEach
    void bind() {
        core.core.addSettings(settings("gen", Map.of("enableSriov", true)));
        gen = core.arrives(FakeDriver.flagged("gen", "*:*"));
        pf = new FakeFunction(PF, 1, 2);
        config = new HardwareImage(4096);
        control = config.standard(0x01, HardwareImage.body(6, 0, 3)) + 4;
        config.rw(control, 2, 3);
        express = config.standard(0x10, HardwareImage.body(0x32, 0, 2));
        config.extended(0x10, HardwareImage.body(0x3c, 0x0a, TOTAL));
        pf.config = config;
        pf.onVirtualFunctions = this::enable;
        core.bus.plug(pf);
        core.admin.bind(PF, "gen", false);
    }

    @AfterEach
    void end() {
        core.close();
    }

    /** Settings of a driver, the rest as they are by default. */
    private static DriverSettings settings(String driver, Map<String, Object> given) {
        Object settings = Proxy.newProxyInstance(DriverSettings.class.getClassLoader(),
                new Class<?>[] {DriverSettings.Config.class},
                (self, method, arguments) -> given.getOrDefault(method.getName(), method.getDefaultValue()));
        return new DriverSettings((DriverSettings.Config) settings, Map.of("service.pid", "vfio.pci.driver~" + driver));
    }

    /** As the bus does it, one change at a time. */
    private synchronized void enable(int count) {
        powerAtEnable.add(power());
        if (count > 4) {
            throw new VfioException(Errno.ERANGE, "4 at most");
        }
        virtual.forEach(core.bus::unplug);
        virtual.clear();
        for (int i = 1; i <= count; i++) {
            FakeFunction function = new FakeFunction("0000:01:00." + i, 1, 3);
            function.physicalFunction = PciAddress.parse(PF);
            virtual.add(function);
        }
        pf.virtualFunctions = virtual.stream().map(FakeFunction::address).toList();
        virtual.forEach(core.bus::plug);
    }

    private int power() {
        return config.get(control, 2) & 3;
    }

    private Errno refused(int count) {
        return TestCore.errno(() -> devices.virtualFunctions(PF, count));
    }

    private DeviceHandle open() {
        return core.programs.open(PF, VfioUser.named("user"));
    }

    @Test
    void policyThatWaitedForTheLastVfToGoIsLookedAtAgain() {
        core.admin.unbind(PF);
        enable(2);
        core.admin.policy(PF, "auto");
        core.rematch(PF);
        assertTrue(core.row(PF).unmet().startsWith("it is a PF with 2 active VFs"), core.row(PF).unmet());
        core.settle();
        await().until(() -> core.admin.status().wanted() == 0);
        devices.virtualFunctions(PF, 0);
        await().untilAsserted(() -> assertEquals("gen gen policy auto", core.state(PF)));
    }

    @Test
    @Tag("A3.7-19")
    void countWhileThereAreVfsIsEinvalAndChangesNothing() {
        devices.virtualFunctions(PF, 2);
        assertEquals(Errno.EINVAL, refused(3));
        assertEquals(Errno.EINVAL, refused(2), "the same count too");
        assertEquals(2, pf.virtualFunctions.size());
        assertEquals(D0, power(), "the refusal has not taken the power reference of those that are there");
        assertEquals(1, powerAtEnable.size(), "the bus was asked once");
    }

    @Test
    @Tag("A3.7-20")
    @Tag("A3.7-22")
    void physicalFunctionIsAwakeWhileItHasVfs() {
        assertEquals(D3_HOT, power());
        assertEquals(2, devices.virtualFunctions(PF, 2));
        assertEquals(List.of(D0), powerAtEnable, "before the first VF appears");
        assertEquals(D0, power());
        assertEquals("gen", core.row("0000:01:00.2").override());
        open().close();
        assertEquals(D0, power(), "its last close does not let it sleep");
        assertEquals(0, devices.virtualFunctions(PF, 0));
        assertEquals(List.of(D0, D0), powerAtEnable, "until the last VF has gone");
        assertEquals(Errno.ENODEV, TestCore.errno(() -> core.row("0000:01:00.1")));
        assertEquals(D3_HOT, power());
        assertEquals(0, devices.virtualFunctions(PF, 0), "none there is no error");
        assertEquals(D3_HOT, power());
    }

    @Test
    @Tag("A3.7-21")
    void enableThatFailsIsTheBussErrnoAndWorksLater() {
        assertEquals(Errno.ERANGE, refused(9));
        assertEquals(D3_HOT, power(), "the power reference is given back");
        assertEquals(List.of(), pf.virtualFunctions);
        assertEquals(3, devices.virtualFunctions(PF, 3));
        assertEquals(D0, power());
    }

    @Test
    void whatNoDriverChangesIsSaidBeforeOneIsAskedFor() {
        core.admin.unbind(PF);
        assertEquals(Errno.ERANGE, refused(TOTAL + 1));
        assertEquals(Errno.ERANGE, refused(-1));
        assertEquals(Errno.ENOENT, refused(TOTAL), "now it lacks a driver");
        core.bus.plug(new FakeFunction("0000:02:00.0", 1, 4));
        VfioException plain = assertThrows(VfioException.class, () -> devices.virtualFunctions("0000:02:00.0", 1));
        assertEquals(Errno.ENOTTY, plain.errno(), plain.getMessage());
    }

    @Test
    @Tag("A3.7-23")
    void physicalFunctionWithVfsIsNotPoweredDown() {
        devices.virtualFunctions(PF, 1);
        try (DeviceHandle handle = open()) {
            handle.region(CONFIG).write16(control, (short) D3_HOT);
            assertEquals(D0, power());
            assertEquals(D0, handle.region(CONFIG).read16(control) & 3, "the register says so");
            devices.virtualFunctions(PF, 0);
            handle.region(CONFIG).write16(control, (short) D3_HOT);
            assertEquals(D3_HOT, power());
            devices.virtualFunctions(PF, 1);
            assertEquals(List.of(D0, D0, D0), powerAtEnable, "VFs never appear below a PF that its user has powered down");
        }
    }

    /** Low power is the user's wish, the VFs' need comes before it. */
    @Test
    void lowPowerOfAPfBeginsWhenItsLastVfHasGone() {
        try (DeviceHandle handle = open()) {
            handle.feature(new FeatureRequest(8, FeatureRequest.SET | Features.LOW_POWER_ENTRY, ByteBuffer.allocate(0),
                    null));
            assertEquals(D3_HOT, power());
            devices.virtualFunctions(PF, 1);
            assertEquals(D0, power());
            devices.virtualFunctions(PF, 0);
            assertEquals(D3_HOT, power());
            handle.region(CONFIG).read16(control);
            assertEquals(D0, power());
        }
    }

    @Test
    void vfsWakeAPfWhoseUserIsToldSo() {
        List<String> told = new ArrayList<>();
        try (DeviceHandle handle = open()) {
            handle.feature(new FeatureRequest(16, FeatureRequest.SET | Features.LOW_POWER_ENTRY_WITH_WAKEUP,
                    ByteBuffer.allocate(8), EventSignal.calling(() -> told.add("awake"))));
            devices.virtualFunctions(PF, 1);
            assertEquals(List.of("awake"), told);
            devices.virtualFunctions(PF, 0);
            assertEquals(D0, power(), "the wake-up has ended the low power");
        }
    }

    /** A reset of the PF clears VF Enable, and the VFs are gone from the bus at once, on the thread that resets. */
    private void resetTakesVfsAway() {
        config.u32(express + 4, 1 << 28);
        config.onWrite = (offset, width, value) -> {
            if (offset == express + 8 && (value & 0x8000) != 0) {
                vanish();
            }
        };
    }

    private synchronized void vanish() {
        pf.virtualFunctions = List.of();
        virtual.forEach(core.bus::unplug);
        virtual.clear();
    }

    /** As pci_restore_iov_state has it. */
    @Test
    void vfsComeBackAfterAResetOfTheirPf() {
        resetTakesVfsAway();
        devices.virtualFunctions(PF, 2);
        try (DeviceHandle handle = open()) {
            assertEquals(2, pf.virtualFunctions.size());
            assertEquals("gen", core.row("0000:01:00.2").override());
            handle.reset();
            assertEquals(2, pf.virtualFunctions.size());
            devices.virtualFunctions(PF, 0);
            handle.reset();
            assertEquals(List.of(), pf.virtualFunctions, "none come that were not there");
            devices.virtualFunctions(PF, 2);
        }
        assertEquals(2, pf.virtualFunctions.size(), "its last close resets it too");
        assertEquals(D0, power());
    }

    @Test
    void vfsThatDoNotComeBackLeaveTheResetAsItIs() {
        resetTakesVfsAway();
        devices.virtualFunctions(PF, 2);
        pf.onVirtualFunctions = count -> {
            throw new VfioException(Errno.EEXIST, "the place is taken");
        };
        open().close();
        assertEquals(List.of(), pf.virtualFunctions);
        assertEquals(D3_HOT, power(), "nothing needs it awake");
        pf.onVirtualFunctions = this::enable;
        assertEquals(2, devices.virtualFunctions(PF, 2));
    }

    /** The driver of the VFs is the one whose call resets the PF: what it is told of them comes after that call. */
    @Test
    void resetThatTakesOpenVfsAwayDoesNotWaitForTheirDriver() {
        resetTakesVfsAway();
        String token = " vf_token=8b6ab6ae-3e0d-4c0d-9f9d-0123456789ab";
        DeviceHandle handle = core.programs.open(PF + token, VfioUser.named("user"));
        devices.virtualFunctions(PF, 4);
        List<DeviceHandle> vfs = new ArrayList<>();
        for (int i = 1; i <= 4; i++) {
            core.admin.bind("0000:01:00." + i, "gen", false);
            vfs.add(core.programs.open("0000:01:00." + i + token, VfioUser.named("user")));
        }
        handle.reset();
        assertEquals(List.of(), core.events("driver-faulty"), "each VF's 2 s of waiting would be more than a call has");
        vfs.forEach(vf -> assertFalse(vf.isOpen()));
        await().until(() -> gen.removed.size() == 4);
        handle.close();
    }

    @Test
    void unbindTakesTheVfsAwayAndLeavesThePfAwake() {
        devices.virtualFunctions(PF, 2);
        core.admin.unbind(PF);
        assertEquals(List.of(), pf.virtualFunctions);
        assertEquals(D0, power());
        assertEquals(Errno.ENOENT, refused(1));
    }

    /** Whoever is second finds either a driver and VFs, or neither. */
    @Test
    void unbindWhileVfsAppearLeavesNone() throws Exception {
        for (int i = 0; i < 50; i++) {
            CompletableFuture<Void> unbinder =
                    CompletableFuture.runAsync(() -> core.admin.unbind(PF), TestCore.OWN_THREAD);
            try {
                devices.virtualFunctions(PF, 1);
            } catch (VfioException e) {
                assertTrue(List.of(Errno.ENOENT, Errno.ENODEV).contains(e.errno()), e.getMessage());
            }
            unbinder.get();
            assertEquals(List.of(), pf.virtualFunctions);
            core.admin.bind(PF, "gen", false);
        }
        assertNotNull(core.slot(PF).bound());
    }

    @Test
    void vfsOfAPfWithoutADriverGoWithTheirUsersAsked() {
        enable(2);
        pfWithoutADriver();
        core.admin.bind("0000:01:00.1", "gen", false);
        core.programs.open("0000:01:00.1", new VfioUser() {
            @Override
            public String name() {
                return "user";
            }

            @Override
            public void requested(DeviceHandle handle) {
                handle.close();
            }
        });
        assertEquals(Errno.EBUSY, TestCore.errno(() -> core.admin.bind(PF, "gen", false)));
        assertEquals(0, devices.virtualFunctions(PF, 0));
        assertEquals(1, core.events("requested").size());
        assertEquals(List.of(), core.events("revoked"), "it has let go by itself");
        core.admin.bind(PF, "gen", false);
    }

    /** As a driver that uses it itself and leaves its VFs behind. */
    private void pfWithoutADriver() {
        List<PciAddress> there = pf.virtualFunctions;
        pf.virtualFunctions = List.of();
        core.admin.unbind(PF);
        pf.virtualFunctions = there;
    }

    @Test
    void pfsOwnDriverIsBoundThoughVfsAreThere() {
        FakeDriver own = core.arrives(FakeDriver.flagged("own", "1:2").owner());
        enable(2);
        pfWithoutADriver();
        assertEquals("active-vfs", core.admin.why(PF, "gen").reason());
        assertEquals("needs-override", core.admin.why(PF, "own").reason());
        core.admin.bind(PF, "own", false);
        assertEquals(List.of(PF), own.probed);
        String text = assertThrows(VfioException.class, () -> devices.virtualFunctions(PF, 0)).sentence();
        assertTrue(text.contains("driver own uses it itself, and makes its VFs; unbind it first"), text);
        core.admin.unbind(PF);
        assertEquals(0, devices.virtualFunctions(PF, 0));
    }

    @Test
    void policyBindsAPfsOwnDriverThoughVfsAreThere() {
        core.arrives(FakeDriver.flagged("own", "1:2").owner());
        enable(2);
        pfWithoutADriver();
        core.admin.policy(PF, "pinned own");
        core.rematch(PF);
        assertEquals("own own policy pinned own", core.state(PF));
        core.admin.policy(PF, "pinned gen");
        core.rematch(PF);
        assertEquals("own own policy pinned gen", core.state(PF), "what has it keeps it");
    }
}
