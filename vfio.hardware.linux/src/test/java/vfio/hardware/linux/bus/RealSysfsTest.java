// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.bus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import vfio.hardware.linux.device.HostDevices;
import vfio.os.Kernel;
import vfio.pci.core.bus.PciBus;
import vfio.pci.core.bus.PciFunction;
import vfio.pci.core.id.PciAddress;

/** This machine's own functions, where it has any, as the shell's tools see them. */
class RealSysfsTest {
    private static final File DEVICES = new File("/sys/bus/pci/devices");

    static boolean hasFunctions() {
        String[] names = DEVICES.list();
        return names != null && names.length > 0;
    }

    @Test
    @EnabledIf("hasFunctions")
    void theListingEqualsWhatTheShellReads() throws Exception {
        Map<String, String> functions = new TreeMap<>();
        List<String> warnings = new ArrayList<>();
        LinuxBus bus = new LinuxBus(Path.of("/sys"), Path.of("/lib/modules").resolve(System.getProperty("os.version")),
                Path.of("/dev/vfio"), new HostDevices(Kernel::host, "/dev/vfio", HostDevices.Access.AUTO, Set.of()),
                null, Duration.ofSeconds(2), Duration.ZERO);
        bus.announce(new PciBus.Listener() {
            @Override
            public void added(PciFunction function) {
                functions.put(function.address().toString(), text(function));
                // Firmware and quirks leave odd BARs on some machines; all else is the kernel's own making.
                function.warnings().stream().filter(w -> !w.startsWith("resource of BAR")).forEach(warnings::add);
            }

            @Override
            public void removed(PciAddress address) {
                functions.remove(address.toString());
            }
        }).close();
        assertEquals(shell(), functions);
        assertEquals(List.of(), warnings);
    }

    private static String text(PciFunction function) {
        assertTrue(function.host().orElseThrow().vfioDrivers().stream().noneMatch(driver -> driver.module().isEmpty()));
        return "0x%06x 0x%04x 0x%04x 0x%04x 0x%04x %s %02x %s".formatted(function.key().classCode(),
                function.key().vendor(), function.key().device(), function.key().subvendor(), function.key().subdevice(),
                function.key(), function.headerType(), String.valueOf(function.host().orElseThrow().driver()));
    }

    /** The same by cat, od and readlink. */
    private static Map<String, String> shell() throws IOException, InterruptedException {
        String script = "cd " + DEVICES + " && for f in *; do"
                + " h=$(od -An -j14 -N1 -tu1 $f/config); d=$(readlink $f/driver); d=${d##*/};"
                + " echo $f=$(cat $f/class $f/vendor $f/device $f/subsystem_vendor $f/subsystem_device $f/modalias)"
                + " $(printf %02x $((h & 127))) ${d:-null}; done";
        Process process = new ProcessBuilder("sh", "-c", script).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        Map<String, String> functions = new TreeMap<>();
        try (BufferedReader lines = new BufferedReader(
                new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            lines.lines().map(line -> line.split("=", 2)).forEach(words -> functions.put(words[0], words[1]));
        }
        assertEquals(0, process.waitFor());
        return functions;
    }
}
