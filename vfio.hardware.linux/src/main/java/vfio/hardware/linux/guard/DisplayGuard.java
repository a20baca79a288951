// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.guard;

import java.util.ArrayList;
import java.util.List;
import vfio.hardware.linux.sysfs.SysfsDirectory;

/** The guard of functions that show the host's console: the boot VGA, a frame buffer, a serial console. */
final class DisplayGuard implements HostGuard {
    private final HostFiles host;

    DisplayGuard(HostFiles host) {
        this.host = host;
    }

    @Override
    public String name() {
        return "display";
    }

    @Override
    public List<String> objections(GuardedFunction function, String driver) {
        List<String> objections = new ArrayList<>();
        if (function.directory().line("boot_vga").filter("1"::equals).isPresent()) {
            objections.add(function + " is the boot VGA; give the host another display");
        }
        SysfsDirectory graphics = host.classes("graphics");
        graphics.names().stream().filter(name -> name.matches("fb[0-9]+") && function.has(graphics.child(name)))
                .forEach(name -> objections.add("frame buffer " + name + " of it may show the console; unbind that first"));
        SysfsDirectory terminals = host.classes("tty");
        terminals.names().stream().filter(name -> function.has(terminals.child(name)))
                .filter(name -> terminals.child(name).line("console").filter("Y"::equals).isPresent())
                .forEach(name -> objections.add("terminal " + name + " of it is a console of the kernel"));
        return objections;
    }
}
