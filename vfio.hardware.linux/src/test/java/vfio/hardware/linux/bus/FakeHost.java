// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.bus;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.hardware.linux.binding.HostSide;
import vfio.hardware.linux.binding.Outside;
import vfio.hardware.linux.binding.TakenFunctions;
import vfio.hardware.linux.guard.HostFiles;
import vfio.hardware.linux.guard.HostGuards;
import vfio.hardware.linux.guard.OpenFiles;
import vfio.hardware.linux.guard.OpenNodeGuard;
import vfio.pci.core.id.PciAddress;

/** Does to a {@link SysfsTree} what the kernel does at the writes of host binding, and goes wrong where a test wants it. */
public final class FakeHost implements Outside {
    public final List<String> acts = new ArrayList<>();
    /** What a write to a file of this name answers, once for each. */
    public final Map<String, List<Errno>> fails = new TreeMap<>();
    /** Drivers whose probe fails. */
    public final Map<String, Errno> broken = new TreeMap<>();
    /** Drivers whose probe succeeds and that let go of the function after it. */
    public final Set<String> forgetful = new TreeSet<>();
    /** What happens before the next act. */
    public Runnable before = () -> { };
    public String waiting;
    /** What a module registers when it is loaded, with blanks between them. */
    public final Map<String, String> modules = new TreeMap<>();
    /** Drivers of VFIO's, on a kernel that tells which functions VFIO has. */
    public final Set<String> vfio = new TreeSet<>();
    private final SysfsTree tree;
    /** What probes a function without an override. */
    public String ordinary = "nvme";

    public FakeHost(SysfsTree tree) {
        this.tree = tree;
    }

    public static HostFiles files(Path root) {
        return new HostFiles(root, root.resolve("proc"), root.resolve("dev"), root.resolve("dev/vfio"),
                root.resolve("driverctl"));
    }

    public HostSide side(KernelDrivers drivers) {
        HostFiles files = files(tree.root());
        OpenFiles open = new OpenFiles(files.proc(), 1);
        return new HostSide(tree.root(), new HostGuards(files, open, drivers::have), new OpenNodeGuard(files, open), this,
                new TakenFunctions(tree.root().resolve("taken"), files.proc()), drivers);
    }

    @Override
    public void write(PciAddress function, Path attribute, String text) {
        String file = attribute.getFileName().toString();
        acts.add((file + " " + text).trim());
        before.run();
        List<Errno> failing = fails.getOrDefault(file, List.of());
        if (!failing.isEmpty()) {
            throw new VfioException(failing.remove(0), "write to " + file);
        }
        Path devices = tree.root().resolve("bus/pci/devices");
        Path device = devices.resolve(SysfsTree.target(devices.resolve(function.toString()))).normalize();
        switch (file) {
            case "driver_override" -> SysfsTree.write(attribute, text.equals("\n") ? "(null)\n" : text + "\n");
            case "unbind" -> {
                SysfsTree.delete(device.resolve("driver"));
                tree.function(device).vfio(false);
            }
            case "drivers_probe" -> probe(device, override(device).orElse(ordinary), false);
            case "bind" -> probe(device, attribute.getParent().getFileName().toString(), true);
            default -> SysfsTree.write(attribute, text + "\n");
        }
    }

    private static Optional<String> override(Path device) {
        return Optional.of(SysfsTree.read(device.resolve("driver_override")).trim()).filter(text -> !text.equals("(null)"));
    }

    private void probe(Path device, String driver, boolean answers) {
        if (forgetful.contains(driver)) {
            return;
        }
        Errno errno = broken.get(driver);
        if (errno == null && driver.equals(override(device).orElse(driver))) {
            SysfsTree.link(device.resolve("driver"), tree.directory("bus/pci/drivers/" + driver));
            tree.function(device).vfio(vfio.contains(driver));
        } else if (answers) {
            throw new VfioException(errno == null ? Errno.ENODEV : errno, "write to bind");
        }
    }

    @Override
    public void load(String module) {
        acts.add("modprobe " + module);
        before.run();
        if (!modules.containsKey(module)) {
            throw new VfioException(Errno.ENOENT, "load module " + module);
        }
        for (String driver : modules.get(module).split(" ")) {
            tree.driver(module, driver);
        }
    }

    @Override
    public Optional<String> waiting(PciAddress function) {
        return Optional.ofNullable(waiting);
    }
}
