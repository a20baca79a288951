// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.guard;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import vfio.hardware.linux.sysfs.SysfsDirectory;

/** The guard of functions with a network interface that is up, has an address or a route, or belongs to another. */
final class NetworkGuard implements HostGuard {
    private static final int UP = 1;

    private final HostFiles host;
    private final Function<String, List<String>> addresses;

    /**
     * Makes the guard.
     *
     * @param addresses gives the addresses of an interface, by its name
     */
    NetworkGuard(HostFiles host, Function<String, List<String>> addresses) {
        this.host = host;
        this.addresses = addresses;
    }

    @Override
    public String name() {
        return "network";
    }

    @Override
    public List<String> objections(GuardedFunction function, String driver) {
        SysfsDirectory interfaces = host.classes("net");
        List<String> objections = new ArrayList<>();
        for (String name : interfaces.names()) {
            SysfsDirectory found = interfaces.child(name);
            List<String> uses = function.has(found) ? uses(found, name) : List.of();
            if (!uses.isEmpty()) {
                objections.add("interface " + name + " " + String.join(", ", uses) + "; take it down first");
            }
        }
        return objections;
    }

    private List<String> uses(SysfsDirectory found, String name) {
        List<String> uses = new ArrayList<>();
        if ((found.hex("flags", 24, warning -> { }) & UP) != 0) {
            uses.add("is up");
        }
        List<String> numbers = addresses.apply(name);
        if (!numbers.isEmpty()) {
            uses.add("has address " + String.join(" and ", numbers));
        }
        if (routed("net/route", 0, name) || routed("net/ipv6_route", 9, name)) {
            uses.add("has routes");
        }
        found.link("master", warning -> { }).ifPresent(master -> uses.add("belongs to " + master));
        found.names().stream().filter(each -> each.startsWith("upper_"))
                .forEach(upper -> uses.add("carries " + upper.substring("upper_".length())));
        return uses;
    }

    private boolean routed(String file, int column, String name) {
        return host.processes().lines(file).stream().map(line -> line.trim().split("\\s+"))
                .anyMatch(fields -> fields.length > column && fields[column].equals(name));
    }
}
