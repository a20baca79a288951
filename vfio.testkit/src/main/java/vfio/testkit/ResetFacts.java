// SPDX-License-Identifier: Apache-2.0
package vfio.testkit;

import static vfio.pci.core.id.PciRegisters.BASE_ADDRESS_0;
import static vfio.pci.core.id.PciRegisters.COMMAND;
import static vfio.pci.core.id.PciRegisters.COMMAND_MASTER;
import static vfio.pci.core.id.PciRegisters.INTERRUPT_LINE;
import static vfio.pci.core.id.PciRegisters.STD_NUM_BARS;
import static vfio.testkit.Facts.notChecked;
import static vfio.testkit.Facts.refusal;
import static vfio.testkit.Facts.require;
import static vfio.testkit.Facts.wrong;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.device.DeviceHandle;
import vfio.core.device.Region;
import vfio.core.info.DeviceInfo;
import vfio.core.info.RegionInfo;
import vfio.pci.core.bus.PciFunction.Bar;
import vfio.pci.core.id.RegionIndex;

/** VFIO_DEVICE_RESET, where the device claims it by flag RESET. */
interface ResetFacts extends Facts {
    /** Opened, with a reset. */
    private DeviceHandle resettable() {
        DeviceHandle handle = open();
        if ((handle.info().flags() & DeviceInfo.RESET) == 0) {
            handle.close();
            notChecked("the device does not claim flag RESET");
        }
        return handle;
    }

    private static void reset(DeviceHandle handle) {
        try {
            handle.reset();
        } catch (VfioException e) {
            notChecked("reset fails: " + e.getMessage());
        }
    }

    @Test
    default void resetWorksWhileItsUserHasItOpen() {
        try (DeviceHandle handle = resettable()) {
            for (int time = 1; time <= 2; time++) {
                handle.reset();
            }
            require(handle.isOpen() && handle.info().regions() >= RegionIndex.NUM_REGIONS,
                    "the device is not open any more after a reset",
                    "leave the device open in reset");
        } catch (VfioException e) {
            wrong("reset failed, and info claims flag RESET: " + e.getMessage(),
                    "call super.reset() in reset, or take the flag out of info()");
        }
    }

    @Test
    default void resetKeepsTheUsersConfiguration() {
        try (DeviceHandle handle = resettable()) {
            Region config = handle.region(RegionIndex.CONFIG);
            config.write16(COMMAND, (short) (config.read16(COMMAND) | COMMAND_MASTER));
            config.write8(INTERRUPT_LINE, (byte) 11);
            rig().function().bars().stream().filter(bar -> !bar.io()).map(Bar::index).findFirst()
                    .ifPresent(bar -> config.write32(BASE_ADDRESS_0 + 4 * bar, 0xc0000000));
            List<Integer> before = configured(config);
            int hardware = rig().function().config().read(COMMAND, 2);
            reset(handle);
            require(configured(config).equals(before), "the user's command register, BARs and interrupt line were "
                    + hex(before)
                    + " before the reset and are " + hex(configured(config)) + " after it",
                    "let the core reset: super.reset() "
                    + "saves and restores; a reset of your own belongs in resetFunction()");
            int command = rig().function().config().read(COMMAND, 2);
            require(command == hardware, "the function's command register was %04x before the reset and is %04x after it"
                    .formatted(hardware, command), "let the core reset: super.reset() saves and restores");
        }
    }

    private static List<Integer> configured(Region config) {
        List<Integer> values = new ArrayList<>();
        values.add(config.read16(COMMAND) & 0xffff);
        for (int bar = 0; bar < STD_NUM_BARS; bar++) {
            values.add(config.read32(BASE_ADDRESS_0 + 4 * bar));
        }
        values.add(config.read8(INTERRUPT_LINE) & 0xff);
        return values;
    }

    private static List<String> hex(List<Integer> values) {
        return values.stream().map(Integer::toHexString).toList();
    }

    @Test
    default void regionsAnswerAfterAReset() {
        try (DeviceHandle handle = resettable()) {
            List<Region> regions = RegionFacts.infos(handle).stream()
                    .filter(info -> (info.flags() & RegionInfo.READ) != 0 && info.index() != RegionIndex.VGA)
                    .filter(info -> readable(info.index(), 0)).map(info -> handle.region(info.index()))
                    .filter(region -> refusal(() -> region.read8(0)) == null).toList();
            reset(handle);
            for (Region region : regions) {
                Errno answered = refusal(() -> region.read8(0));
                require(answered == null, "region " + region.info().index() + " answers " + answered + " after a reset, and "
                        + "answered before it", "keep regions readable over a reset: they are asked for once for each open");
            }
        }
    }
}
