// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.binding;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.hardware.linux.bus.SysfsTree;
import vfio.hardware.linux.guard.GuardedFunction;
import vfio.hardware.linux.sysfs.SysfsDirectory;
import vfio.pci.core.bus.HostBinding.Former;
import vfio.pci.core.bus.HostBinding.Request;
import vfio.pci.core.id.PciAddress;

/** What is remembered of a function that was taken: over runs of the daemon, boots, and acts of others. */
class TakenFunctionsTest extends TakeoverFixture {
    private GuardedFunction guarded() {
        return new GuardedFunction(PciAddress.parse(ADDRESS), new SysfsDirectory(root.resolve("bus/pci/devices/" + ADDRESS)));
    }

    @Test
    void whatWasKilledInTheMiddleIsGivenBackByALaterRun() {
        host.before = () -> {
            if (host.acts.size() == 3) {
                throw new Error("killed");
            }
        };
        assertThrows(Error.class, () -> binding().take(Request.BEST));
        host.before = () -> { };
        assertEquals("- vfio-pci", state());
        assertTrue(binding().taken());
        binding().take(Request.BEST);
        assertEquals("vfio-pci vfio-pci", state());
        assertEquals("nvme", binding().former().orElseThrow().driver(), "of before the first run");
        binding().giveBack();
        assertEquals("nvme (null)", state(), "the driver from before the first run");
    }

    @Test
    void anotherBootOrFunctionForgetsWhatWasTaken() {
        binding().take(Request.BEST);
        boot("two");
        assertFalse(binding().taken());
        boot("one");
        assertTrue(binding().taken());
    }

    @Test
    void whatWasTakenEndsWithItsFunction() {
        binding().take(Request.BEST);
        function.remove();
        function = tree.function(ADDRESS).group(3);
        assertFalse(binding().taken(), "it is plugged anew");
        function.driver("vfio-pci").file("driver_override", "vfio-pci\n");
        assertFalse(binding().taken(), "an operator has given it by hand");
        assertEquals(List.of(), binding().take(Request.BEST));
        assertEquals(Errno.ENODEV, assertThrows(VfioException.class, () -> binding().giveBack()).errno());
        assertEquals("vfio-pci vfio-pci", state());
    }

    @Test
    void whatADaemonOfBeforeHasTakenIsGivenBack() {
        binding().take(Request.BEST);
        Path record = root.resolve("taken/" + ADDRESS);
        SysfsTree.write(record, SysfsTree.read(record).replaceFirst("identity=.*", "key=" + function.key().toString()
                .replace(":", "\\\\:")));
        host.side(drivers()).settle();
        assertEquals(Optional.of(new Former("nvme", null)), binding().former());
        binding().giveBack();
        assertEquals("nvme (null)", state());
        assertFalse(Files.exists(record));
    }

    @Test
    void whatADaemonOfBeforeHasTakenOfAnotherFunctionIsForgotten() {
        binding().take(Request.BEST);
        Path record = root.resolve("taken/" + ADDRESS);
        SysfsTree.write(record, SysfsTree.read(record).replaceFirst("identity=.*",
                "key=pci\\\\:v00001AF4d00001041sv00001AF4sd00000001bc02sc00i00"));
        assertFalse(binding().taken());
        host.side(drivers()).settle();
        assertFalse(Files.exists(record));
    }

    @Test
    void whatSomebodyHasMadeAsItWasIsTakenNoMore() {
        binding().take(Request.BEST);
        function.driver("nvme").file("driver_override", "(null)\n");
        assertFalse(binding().taken());
        host.side(drivers()).rebound(guarded());
        function.driver("vfio-pci").file("driver_override", "vfio-pci\n");
        assertFalse(binding().taken(), "an operator has given it by hand since");
    }

    @Test
    void whatSomebodyHasMadeAsItWasWhileNobodyHeardIsForgottenAtTheStart() {
        binding().take(Request.BEST);
        host.side(drivers()).settle();
        assertTrue(Files.exists(root.resolve("taken/" + ADDRESS)), "it is ours still");
        function.driver("nvme").file("driver_override", "(null)\n");
        host.side(drivers()).settle();
        assertFalse(Files.exists(root.resolve("taken/" + ADDRESS)));
    }

    @Test
    void eventInTheMiddleOfAnActForgetsNothing() {
        HostSide side = host.side(drivers());
        host.before = () -> side.rebound(guarded()); // before the first write all is as it was
        new HostTakeover(guarded(), function.key(), side).take(Request.BEST);
        assertTrue(binding().taken());
    }
}
