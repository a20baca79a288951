// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static vfio.hardware.emulated.internal.Buses.at;

import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.device.Mapping;
import vfio.hardware.emulated.internal.function.EmulatedFunction;
import vfio.pci.core.bus.InterruptLines.Kind;
import vfio.pci.core.bus.PciFunction.ConfigSpace;
import vfio.pci.core.id.ResetMethod;

class RawResetTest {
    private static final int LINE = 0x3c;
    private static final int FLR = 0x8000;

    @TempDir
    Path directory;
    private EmulatedBus bus;
    private EmulatedFunction function;
    private ConfigSpace config;

    /** A function behind a bridge, and another beside it. */
    private void plug(String rest, String bridge) {
        bus = Buses.of("functions:\n"
                + "- {address: 00:1c.0, vendor: 8086, device: 2940, class: 060400, bridge: {secondary: 01}, "
                + "capabilities: [pcie]" + bridge + "}\n"
                + "- {address: 01:00.0, vendor: 8086, device: 10d3, class: 020000, pin: 1, bars: {0: 64K, 2: 2M, 4: 32 io}, "
                + rest + "}\n"
                + "- {address: 01:00.1, vendor: 8086, device: 10d3, class: 020000, bars: {0: 64K}}\n", directory);
        function = bus.function(at("01:00.0"));
        config = function.config();
    }

    private void plug(String rest) {
        plug(rest, "");
    }

    @AfterEach
    void stop() {
        bus.deactivate();
    }

    private int standard(int id) {
        return ChainWalk.standard(config).get(id);
    }

    /** Writes a register that every reset brings back. */
    private void mark() {
        config.write(LINE, 1, 0x42);
    }

    private boolean marked() {
        return config.read(LINE, 1) == 0x42;
    }

    private void functionLevelReset() {
        config.write(standard(0x10) + 8, 2, FLR);
    }

    @Test
    void functionLevelResetBringsBackWhatWasAtPowerOn() {
        plug("capabilities: [pcie, pm, {msi: {vectors: 4, maskable: true}}]");
        RecordingSink sink = new RecordingSink();
        function.side().interrupts().connect(Kind.MSI, 4, sink);
        config.write(standard(5) + 0x10, 4, 1);
        bus.raise(function.address(), 0);
        bus.assertIntx(function.address(), true);
        config.write(0x10, 4, 0xfeb00000);
        config.write(4, 2, 7);
        mark();
        functionLevelReset();
        assertFalse(marked());
        assertEquals(0, config.read(4, 2));
        assertEquals(0, config.read(0x10, 4));
        assertEquals(0, config.read(6, 2) & 8, "the line fell");
        assertFalse(function.side().interrupts().asserted());
        assertEquals(0, config.read(standard(5) + 0x14, 4), "nothing is pending");
        assertEquals(0, config.read(standard(5) + 2, 2) & 1);
        assertEquals(0, config.read(standard(0x10) + 8, 2) & FLR, "the bit reads 0");
    }

    @Test
    void stickyBitsAndTheLinkStay() {
        plug("capabilities: [pcie, pm, aer]");
        int aer = ChainWalk.extended(config).get(1);
        int control = standard(0x10) + 8;
        bus.reportError(function.address());
        config.write(aer + 8, 4, 0x10);
        config.write(standard(1) + 4, 2, 0x100);
        config.write(control, 2, 0x2040);
        config.write(control + 8, 2, 0x40);
        functionLevelReset();
        assertEquals(1 << 22, config.read(aer + 4, 4));
        assertEquals(0x10, config.read(aer + 8, 4));
        assertEquals(0x100, config.read(standard(1) + 4, 2) & 0x100, "PME_En");
        assertEquals(0x2850 & ~0xf0 | 0x00, config.read(control, 2) & ~0xf0, "what is not the link's is as at power-on");
        assertEquals(0x40, config.read(control + 8, 2));
    }

    @Test
    void resetClearsRegistersAndLeavesTheMemoryOfACard() {
        plug("capabilities: [pcie]");
        Mapping small = new Mapping(function.barMemory(0));
        Mapping large = new Mapping(function.barMemory(2));
        small.write32(0xfffc, 1);
        large.write32(0, 2);
        function.side().bar(4).write(0, 4, 3);
        functionLevelReset();
        assertEquals(0, small.read32(0xfffc));
        assertEquals(2, large.read32(0));
        assertEquals(0, function.side().bar(4).read(0, 4));
    }

    @Test
    void advancedFeaturesReset() {
        plug("capabilities: [af]");
        mark();
        config.write(standard(0x13) + 4, 1, 0);
        assertTrue(marked());
        config.write(standard(0x13) + 4, 1, 1);
        assertFalse(marked());
    }

    @Test
    void powerCycleResetsOnlyWithoutNoSoftReset() {
        plug("capabilities: [pm]");
        int control = standard(1) + 4;
        mark();
        config.write(control, 2, 3);
        config.write(control, 2, 0);
        assertTrue(marked());
        bus.deactivate();
        plug("capabilities: [pm], reset: {pm: works}");
        mark();
        assertEquals(0, config.read(control, 2) & 8);
        config.write(control, 2, 3);
        assertTrue(marked());
        config.write(control, 2, 0);
        assertFalse(marked());
    }

    @Test
    void statesThatAreNotThereAreNotEntered() {
        plug("capabilities: [pm]");
        int control = standard(1) + 4;
        config.write(control, 2, 1);
        assertEquals(0, config.read(control, 2) & 3);
        config.write(control, 2, 3);
        config.write(control, 2, 2);
        assertEquals(3, config.read(control, 2) & 3);
    }

    @Test
    void secondaryBusResetReachesAllBehindTheBridge() {
        plug("numa: 0");
        EmulatedFunction other = bus.function(at("01:00.1"));
        ConfigSpace bridge = bus.function(at("00:1c.0")).config();
        mark();
        other.config().write(LINE, 1, 7);
        bridge.write(LINE, 1, 9);
        assertTrue(function.side().busResettable());
        function.side().resetBus();
        assertFalse(marked());
        assertEquals(0, other.config().read(LINE, 1));
        assertEquals(9, bridge.read(LINE, 1));
        mark();
        bridge.write(0x3e, 2, 0x40);
        assertFalse(marked());
        mark();
        bridge.write(0x3e, 2, 0x40);
        assertTrue(marked(), "it was in reset already");
        bridge.write(0x3e, 2, 0);
        assertTrue(marked());
    }

    @Test
    void rootBusCannotBeReset() {
        plug("numa: 0");
        EmulatedFunction root = bus.function(at("00:1c.0"));
        assertFalse(root.side().busResettable());
        assertEquals(Errno.ENOTTY, assertThrows(VfioException.class, () -> root.side().resetBus()).errno());
    }

    @Test
    void bridgeMayLackItOrFail() {
        plug("numa: 0", ", reset: {bus: absent}");
        assertFalse(function.side().busResettable());
        assertEquals(Errno.ENOTTY, assertThrows(VfioException.class, () -> function.side().resetBus()).errno());
        bus.deactivate();
        plug("numa: 0", ", reset: {bus: fails}");
        mark();
        assertTrue(function.side().busResettable());
        assertEquals(Errno.EIO, assertThrows(VfioException.class, () -> function.side().resetBus()).errno());
        assertTrue(marked());
    }

    @Test
    void methodOfTheDevicesOwn() {
        plug("numa: 0");
        assertFalse(function.side().quirks().deviceReset());
        assertEquals(Errno.ENOTTY, assertThrows(VfioException.class, () -> function.side().resetDevice()).errno());
        bus.deactivate();
        plug("reset: {device: works}");
        assertTrue(function.side().quirks().deviceReset());
        mark();
        function.side().resetDevice();
        assertFalse(marked());
        bus.deactivate();
        plug("reset: {device: fails}");
        mark();
        assertEquals(Errno.EIO, assertThrows(VfioException.class, () -> function.side().resetDevice()).errno());
        assertTrue(marked());
    }

    @Test
    void absentMethodsAreNotAnnounced() {
        plug("capabilities: [pcie, af, pm], reset: {flr: absent, af: absent, pm: absent}");
        assertEquals(0, config.read(standard(0x10) + 4, 4) & 1 << 28);
        assertEquals(1, config.read(standard(0x13) + 3, 1));
        assertEquals(8, config.read(standard(1) + 4, 2) & 8);
        mark();
        functionLevelReset();
        config.write(standard(0x13) + 4, 1, 1);
        assertTrue(marked());
    }

    @Test
    void failingResetLeavesTheFunctionAsItWas() {
        plug("capabilities: [pcie], reset: {flr: fails}");
        mark();
        functionLevelReset();
        assertTrue(marked());
    }

    @ParameterizedTest
    @ValueSource(strings = {"flr", "pm", "af", "device"})
    void hungFunctionAnswersNoMoreUntilItsBusIsReset(String method) {
        plug("capabilities: [pcie, pm, af], reset: {" + method + ": hangs}");
        int control = standard(1) + 4;
        switch (method) {
            case "flr" -> functionLevelReset();
            case "af" -> config.write(standard(0x13) + 4, 1, 1);
            case "device" -> function.side().resetDevice();
            default -> {
                config.write(control, 2, 3);
                config.write(control, 2, 0);
            }
        }
        assertEquals(-1, config.read(0, 4));
        config.write(LINE, 1, 1);
        function.side().resetBus();
        assertEquals(0x10d38086, config.read(0, 4));
        assertEquals(0, config.read(LINE, 1));
    }

    @Test
    void firmwareResetsOnlyWhatNamesIt() {
        plug("capabilities: [pcie], reset: {acpi: works}");
        assertEquals(Set.of(ResetMethod.ACPI), function.side().platformResets());
        mark();
        function.side().resetByPlatform(ResetMethod.ACPI);
        assertFalse(marked());
        mark();
        refused(Errno.ENOTTY, function, ResetMethod.CXL_BUS);
        EmulatedFunction plain = bus.function(at("01:00.1"));
        assertEquals(Set.of(), plain.side().platformResets());
        refused(Errno.ENOTTY, plain, ResetMethod.ACPI);
        assertTrue(marked());
    }

    @Test
    void resetByFirmwareThatFailsLeavesTheFunctionAsItWas() {
        plug("capabilities: [pcie], reset: {acpi: fails}");
        mark();
        refused(Errno.EIO, function, ResetMethod.ACPI);
        assertTrue(marked());
    }

    private static void refused(Errno errno, EmulatedFunction of, ResetMethod method) {
        assertEquals(errno, assertThrows(VfioException.class, () -> of.side().resetByPlatform(method)).errno());
    }

    @Test
    void virtualFunctionsGoWithTheResetOfTheirPf() {
        bus = Buses.empty(directory);
        EmulatedFunction pf = bus.plug(Buses.physical("02:00.0", 8, 1, 1));
        pf.enableVirtualFunctions(4);
        EmulatedFunction vf = bus.function(at("02:00.2"));
        int express = ChainWalk.standard(vf.config()).get(0x10);
        vf.config().write(4, 2, 4);
        vf.config().write(express + 8, 2, FLR);
        assertEquals(0, vf.config().read(4, 2), "a VF resets by itself");
        assertEquals(4, pf.virtualFunctions().size());
        pf.config().write(express + 8, 2, FLR);
        assertEquals(0, pf.virtualFunctions().size());
        assertEquals(-1, vf.config().read(0, 4));
        assertEquals(Errno.ENODEV, assertThrows(VfioException.class, () -> bus.function(at("02:00.2"))).errno());
    }
}
