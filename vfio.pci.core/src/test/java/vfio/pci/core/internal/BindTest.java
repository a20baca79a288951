// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.annotation.Annotation;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.VfioException.Kind;
import vfio.core.device.DeviceHandle;
import vfio.core.device.VfioUser;
import vfio.pci.core.VfioPciDevice;
import vfio.pci.core.admin.PciAdmin.Outcome;
import vfio.pci.core.bus.PciBus.Virtualization;
import vfio.pci.core.bus.PciFunction;
import vfio.pci.core.fake.FakeBus;
import vfio.pci.core.fake.FakeDriver;
import vfio.pci.core.fake.FakeFunction;
import vfio.pci.core.id.PciAddress;
import vfio.pci.core.id.PciDeviceId;
import vfio.pci.core.internal.slot.DriverSettings;

class BindTest {
    private static final String NAME = "0000:01:00.0";

    private TestCore core = new TestCore();

    @AfterEach
    void end() {
        core.close();
    }

    private FakeFunction plug() {
        return core.plug(NAME, 0x15b3, 0x101e);
    }

    private Errno refused(String driver) {
        String before = core.state(NAME);
        Errno dry = TestCore.errno(() -> core.admin.bind(NAME, driver, true));
        Errno errno = TestCore.errno(() -> core.admin.bind(NAME, driver, false));
        assertEquals(errno, dry, "a dry run says what would happen");
        assertEquals(before, core.state(NAME));
        return errno;
    }

    @Test
    void bindTakesTheBestAndUnbindClearsItsOverride() {
        plug();
        FakeDriver generic = core.arrives(FakeDriver.flagged("generic", "*:*"));
        FakeDriver mlx5 = core.arrives(FakeDriver.flagged("mlx5", "15b3:101e=5"));
        assertEquals(List.of("write override mlx5", "probe mlx5"), core.admin.bind(NAME, null, true).steps());
        assertEquals("- - - manual", core.state(NAME));
        assertEquals(List.of("wrote override mlx5", "bound to mlx5"), core.admin.bind(NAME, null, false).steps());
        assertEquals("mlx5 mlx5 operator manual", core.state(NAME));
        assertEquals(List.of(PciDeviceId.parse("15b3:101e=5", 1)), mlx5.ids);
        assertEquals(List.of(), generic.probed);
        assertEquals(0, generic.held.get(), "a driver that is not probed is not activated");
        core.admin.unbind(NAME);
        assertEquals("- - - manual", core.state(NAME));
        assertEquals(List.of(NAME), mlx5.removed);
        assertEquals(0, mlx5.held.get());
        assertEquals(new Outcome("test/" + NAME, null, false, false, List.of("no driver is bound to it")),
                core.admin.unbind(NAME));
    }

    @Test
    void whatAnErrnoLeavesOpenItsKindSays() {
        plug();
        FakeDriver generic = core.arrives(FakeDriver.flagged("generic", "8086:1"));
        assertEquals(Kind.UNKNOWN_NAME, kind(() -> core.admin.function("0000:02:00.0")));
        assertEquals(Kind.UNKNOWN_NAME, kind(() -> core.admin.bind(NAME, "nobody", false)));
        assertEquals(Kind.UNKNOWN_NAME, kind(() -> core.admin.why(NAME, "nobody")));
        assertEquals(Kind.UNKNOWN_NAME, kind(() -> core.admin.newId("nobody", "8086 2")));
        assertEquals(Kind.UNREADABLE, kind(() -> core.admin.function("frob")));
        assertEquals(Kind.UNREADABLE, kind(() -> core.admin.policy(NAME, "frob")));
        assertEquals(Kind.UNREADABLE, kind(() -> core.admin.newId("generic", "zz")));
        assertEquals(Kind.UNREADABLE, kind(() -> core.admin.removeId("generic", "zz")));
        assertEquals(Kind.UNREADABLE, kind(() -> core.admin.candidatesFor("frob")));
        assertEquals(Kind.NOT_BOUND, kind(() -> core.programs.open(NAME, VfioUser.named("a"))));
        assertEquals(Kind.REFUSED, kind(() -> core.admin.bind(NAME, null, false)), "no entry");
        generic.onProbe = device -> {
            throw new VfioException(Errno.ENODEV, "no such card");
        };
        assertEquals(Kind.REFUSED, kind(() -> core.admin.bind(NAME, "generic", false)), "the driver's errno is no name's");
    }

    private static Kind kind(Executable act) {
        return assertThrows(VfioException.class, act).kind();
    }

    @Test
    void aFailedBindRestoresTheDriverWhateverTheOverrideHasBecomeSince() {
        plug();
        core.arrives(FakeDriver.flagged("generic", "*:*"));
        core.arrives(FakeDriver.flagged("mlx5", "15b3:101e")).onProbe = device -> {
            throw new VfioException(Errno.EIO, "probe: it is broken");
        };
        core.admin.bind(NAME, "generic", false);
        core.admin.override(NAME, "mlx5");
        assertEquals(Errno.EIO, TestCore.errno(() -> core.admin.bind(NAME, null, false)));
        assertEquals("generic mlx5 operator manual", core.state(NAME));
    }

    @Test
    void whatAnOperatorHasUnboundStaysSoUntilADriverThatMatchesItComes() {
        plug();
        core.arrives(FakeDriver.ordinary("plain", "15b3:101e"));
        core.rematch(NAME);
        assertEquals("plain - - manual", core.state(NAME));
        core.admin.unbind(NAME);
        core.arrives(FakeDriver.flagged("other", "1:2"));
        core.rematch(NAME);
        assertEquals("- - - manual", core.state(NAME));
        core.arrives(FakeDriver.ordinary("better", "15b3:101e:*:*:020000"));
        core.rematch(NAME);
        assertEquals("better - - manual", core.state(NAME));
        core.admin.unbind(NAME);
        core.admin.probeAll();
        assertEquals("better - - manual", core.state(NAME));
    }

    @Test
    void bindWithoutANameGoesFromWhatItBoundToABetterOne() {
        plug();
        core.arrives(FakeDriver.flagged("generic", "*:*"));
        core.admin.bind(NAME, null, false);
        core.arrives(FakeDriver.flagged("mlx5", "15b3:101e"));
        assertEquals("mlx5", core.admin.bind(NAME, null, false).driver());
        assertEquals("mlx5 mlx5 operator manual", core.state(NAME));
    }

    @Test
    void guardsAnswerTheirErrno() {
        FakeFunction function = plug();
        core.arrives(FakeDriver.flagged("generic", "*:*"));
        function.headerType = 1;
        assertEquals(Errno.EINVAL, refused("generic"));
        function.headerType = 0;
        function.virtualFunctions = List.of(PciAddress.parse("0000:01:00.1"));
        assertEquals(Errno.EBUSY, refused("generic"));
        function.virtualFunctions = List.of();
        core.bus.bindable = false;
        assertEquals(Errno.EOPNOTSUPP, refused("generic"));
        assertEquals(Errno.EOPNOTSUPP, TestCore.errno(() -> core.admin.override(NAME, "generic")));
        core.bus.bindable = true;
        assertEquals(Errno.ENODEV, refused("nobody"));
        assertEquals(Errno.ENODEV, TestCore.errno(() -> core.admin.bind("0000:02:00.0", null, false)));
        assertEquals(Errno.EINVAL, TestCore.errno(() -> core.admin.bind("not an address", null, false)));
        core.admin.bind("test/1:0.0", "generic", false);
        assertFalse(core.admin.bind(NAME, "generic", false).changed(), "bound already");
        core.arrives(FakeDriver.flagged("mlx5", "15b3:101e"));
        DeviceHandle handle = core.programs.open(NAME, VfioUser.named("qemu"));
        assertEquals(Errno.EBUSY, refused("mlx5"), "held open");
        handle.close();
        core.admin.bind(NAME, "mlx5", false);
    }

    @Test
    void unknownDriverIsRefusedWithThoseThatAreHere() {
        plug();
        core.arrives(FakeDriver.flagged("vfio-pci", "*:*"));
        core.arrives(FakeDriver.flagged("mlx5", "15b3:101e"));
        assertEquals("bind test/0000:01:00.0 to VFIO-PCI: no driver VFIO-PCI is here; did you mean vfio-pci?; "
                + "the drivers here: mlx5, vfio-pci",
                assertThrows(VfioException.class, () -> core.admin.bind(NAME, "VFIO-PCI", false)).sentence());
    }

    @Test
    void actsThatAreSoAlreadySayIt() {
        plug();
        core.arrives(FakeDriver.flagged("generic", "*:*"));
        assertTrue(core.admin.bind(NAME, null, false).changed());
        Outcome again = core.admin.bind(NAME, null, false);
        assertEquals(new Outcome("test/" + NAME, "generic", false, false, List.of("it is bound to generic already")), again);
        assertTrue(core.admin.override(NAME, "generic").steps().get(0).contains("before"));
        assertFalse(core.admin.override(NAME, "generic").changed());
        assertTrue(core.admin.override(NAME, "").changed());
        assertEquals(List.of("no override was set"), core.admin.override(NAME, "").steps());
        assertTrue(core.admin.unbind(NAME).changed());
        assertFalse(core.admin.unbind(NAME).changed());
        assertTrue(core.admin.policy(NAME, "auto").get(0).changed());
        assertFalse(core.admin.policy(NAME, "auto").get(0).changed());
    }

    @Test
    void unbindOfAnUnboundFunctionKeepsItsPolicyFromBindingIt() {
        plug();
        core.admin.policy(NAME, "auto");
        assertTrue(core.admin.unbind(NAME).changed());
        assertEquals("- - - manual", core.state(NAME));
    }

    @Test
    void overrideOfADriverThatIsNotHereIsWrittenWithANote() {
        plug();
        core.arrives(FakeDriver.flagged("vfio-pci", "*:*"));
        assertEquals("note: no driver vfio-pic is here; did you mean vfio-pci?; while the override names it nothing else "
                + "matches",
                core.admin.override(NAME, "vfio-pic").steps().get(1));
        assertEquals("- vfio-pic operator manual", core.state(NAME));
    }

    @Test
    void noEntryIsEnodevOnlyWithoutAName() {
        plug();
        core.arrives(FakeDriver.flagged("other", "8086:1"));
        assertEquals(Errno.ENODEV, refused(null));
        core.admin.bind(NAME, "other", false);
        assertEquals("other other operator manual", core.state(NAME), "merged rules: the override alone matches");
    }

    @Test
    void sameAddressOnTwoBusesNeedsTheBus() {
        plug();
        FakeBus second = new FakeBus("second", Virtualization.RAW);
        second.plug(new FakeFunction(NAME, 1, 2));
        core.core.addBus(second);
        assertEquals(Errno.EINVAL, TestCore.errno(() -> core.admin.function(NAME)));
        assertEquals("second", core.row("second/" + NAME).bus());
        core.core.removeBus(second);
        assertEquals("test", core.row(NAME).bus());
    }

    static Stream<Arguments> badProbes() {
        return Stream.of(
                Arguments.of("throws", (Consumer<FakeDriver>) d -> d.onProbe = device -> {
                    throw new VfioException(Errno.ENXIO, "no firmware");
                }, Errno.ENXIO),
                Arguments.of("null", (Consumer<FakeDriver>) d -> d.onProbe = device -> null, Errno.EINVAL),
                Arguments.of("another device", (Consumer<FakeDriver>) d -> d.onProbe =
                        device -> d.new Operations(new Stranger(device.function(), "x")), Errno.EINVAL),
                Arguments.of("owner", (Consumer<FakeDriver>) d -> d.owner().with("vfio", true), Errno.EINVAL),
                Arguments.of("links badly", (Consumer<FakeDriver>) d -> d.onProbe = device -> {
                    throw new NoClassDefFoundError("acme/Firmware");
                }, Errno.EIO),
                Arguments.of("does not activate", (Consumer<FakeDriver>) d -> d.activates = false, Errno.ENODEV),
                Arguments.of("activation throws", (Consumer<FakeDriver>) d -> d.onTake = () -> {
                    throw new IllegalStateException("in activate");
                }, Errno.EIO),
                Arguments.of("refused, and its remove throws", (Consumer<FakeDriver>) d -> {
                    d.onRemove = () -> {
                        throw new IllegalStateException("in remove");
                    };
                    d.with("vfio", false);
                }, Errno.EINVAL));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("badProbes")
    void badProbeRestoresDriverAndOverride(String what, Consumer<FakeDriver> bad, Errno errno) {
        plug();
        FakeDriver generic = core.arrives(FakeDriver.flagged("generic", "*:*"));
        core.admin.bind(NAME, "generic", false);
        FakeDriver broken = FakeDriver.flagged("broken", "15b3:101e");
        bad.accept(broken);
        core.arrives(broken);
        VfioException e = assertThrows(VfioException.class, () -> core.admin.bind(NAME, "broken", false));
        assertEquals(errno, e.errno());
        assertTrue(e.getMessage().contains("it is bound to generic again"), e.getMessage());
        assertEquals("generic generic operator manual", core.state(NAME));
        assertEquals(List.of(NAME, NAME), generic.probed);
        assertEquals(0, broken.held.get());
        assertEquals(1, core.admin.function(NAME).failures().size());
        assertEquals(1, core.events("bind-failed").size());
        core.programs.open(NAME, VfioUser.named("a")).close();
    }

    @Test
    void bindingOfAnotherFunctionIsNotRemovedWithTheRefusal() {
        FakeDriver lazy = core.arrives(FakeDriver.flagged("lazy", "*:*"));
        plug();
        core.plug("0000:02:00.0", 1, 2);
        core.admin.bind(NAME, "lazy", false);
        lazy.onProbe = device -> core.slot(NAME).bound().binding();
        assertEquals(Errno.EINVAL, TestCore.errno(() -> core.admin.bind("0000:02:00.0", "lazy", false)));
        assertEquals(List.of(), lazy.removed);
        assertEquals(1, lazy.held.get());
    }

    @Test
    void hangMakesFaultyRestoresAndIsNotTriedAgain() {
        plug();
        core.arrives(FakeDriver.flagged("generic", "*:*"));
        core.admin.bind(NAME, "generic", false);
        FakeDriver stuck = FakeDriver.flagged("stuck", "15b3:101e");
        stuck.onProbe = device -> {
            core.hang();
            return null;
        };
        core.core.addSettings(settings("stuck", "", 300));
        core.arrives(stuck);
        assertEquals(Errno.ETIMEDOUT, TestCore.errno(() -> core.admin.bind(NAME, "stuck", false)));
        assertEquals("generic generic operator manual", core.state(NAME));
        assertEquals(Errno.EIO, refused("stuck"));
        assertEquals("faulty", core.admin.why(NAME, "stuck").reason());
        assertEquals("faulty", core.admin.drivers().stream().filter(d -> d.driver().equals("stuck")).findFirst()
                .orElseThrow().state());
        assertEquals(1, stuck.probed.size());
        core.leaves(stuck);
        core.arrives(stuck);
        assertEquals(Errno.EIO, refused("stuck"), "the same build stays faulty however often it registers");
        stuck.from("stuck.bundle", 4711, "1.0.1").onProbe = device -> stuck.new Operations(device);
        core.leaves(stuck);
        core.arrives(stuck);
        core.admin.bind(NAME, "stuck", false);
    }

    static DriverSettings settings(String driver, String ids, long limit) {
        return settings(driver, ids, limit, Map.of());
    }

    /** With options of the driver's own. */
    static DriverSettings settings(String driver, String ids, long limit, Map<String, Object> own) {
        Map<String, Object> properties = new HashMap<>(own);
        properties.put("service.pid", "vfio.pci.driver~" + driver);
        return new DriverSettings(new DriverSettings.Config() {
            @Override
            public Class<? extends Annotation> annotationType() {
                return DriverSettings.Config.class;
            }

            @Override
            public String ids() {
                return ids;
            }

            @Override
            public long probeLimitMillis() {
                return limit;
            }

            @Override
            public boolean nointxmask() {
                return false;
            }

            @Override
            public boolean disableVga() {
                return false;
            }

            @Override
            public boolean disableIdleD3() {
                return false;
            }

            @Override
            public boolean enableSriov() {
                return false;
            }
        }, properties);
    }

    @Test
    void bindUnderAnotherPinIsRefusedRatherThanUndone() {
        plug();
        core.arrives(FakeDriver.flagged("a", "*:*"));
        core.arrives(FakeDriver.flagged("b", "*:*"));
        core.admin.policy(NAME, "pinned b");
        assertEquals(Errno.EPERM, refused("a"));
        assertFalse(core.admin.candidates(NAME).get(0).eligible());
        assertEquals("b", core.admin.bind(NAME, null, false).driver());
    }

    @Test
    void unbindUnderAStandingPolicyMakesItManual() {
        plug();
        core.arrives(FakeDriver.flagged("a", "*:*"));
        core.admin.policy("*", "auto");
        core.rematch(NAME);
        assertEquals("a a policy auto", core.state(NAME));
        assertTrue(core.admin.unbind(NAME).steps().get(0).contains("becomes manual"));
        core.rematch(NAME);
        assertEquals("- - - manual", core.state(NAME));
    }

    @Test
    void ownedFunctionCannotBeOpened() {
        plug();
        core.arrives(FakeDriver.ordinary("owner", "15b3:101e").owner());
        assertEquals(Errno.ENODEV, TestCore.errno(() -> core.programs.open(NAME, VfioUser.named("a"))));
        core.rematch(NAME);
        assertEquals(Errno.EBUSY, TestCore.errno(() -> core.programs.open(NAME, VfioUser.named("a"))));
        core.admin.unbind(NAME);
    }

    /** A device that the core has not made. */
    private record Stranger(PciFunction function, String driver) implements VfioPciDevice {
        @Override
        public Optional<String> setting(String name) {
            return Optional.empty();
        }
    }
}
