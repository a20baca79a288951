// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.topology;

import static vfio.pci.core.id.PciRegisters.HEADER_TYPE_BRIDGE;
import static vfio.pci.core.id.PciRegisters.HEADER_TYPE_CARDBUS;
import static vfio.pci.core.id.PciRegisters.SECONDARY_BUS;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import vfio.pci.core.id.PciAddress;

/**
 * The places of a dump's functions. lspci names a function by address, or by the path through the bridges above it: with the
 * bus at each step ({@code -PP}: {@code 00:1c.0/01:00.0}), or without ({@code -P}: {@code 00:1c.0/00.0}), when the bridge's
 * own bytes tell the bus.
 */
final class DumpPaths {
    /** Characters of {@code 01:00.0}; a step without a bus has fewer. */
    private static final int WITH_BUS = 7;

    private final Map<String, DumpedFunction> byPath = new HashMap<>();

    /** Adds a function whose bytes come next. */
    void add(String path, DumpedFunction function) {
        byPath.put(path.toLowerCase(Locale.ROOT), function);
    }

    /**
     * Returns the address that a path leads to.
     *
     * @throws IllegalArgumentException where the path is no place of a function; the message is what was found instead
     */
    PciAddress address(String path) {
        int slash = path.lastIndexOf('/');
        if (slash < 0) {
            return parsed(path, path);
        }
        String step = path.substring(slash + 1);
        int domain = parsed(path.substring(0, path.indexOf('/')), path).domain();
        String bus = step.length() == WITH_BUS ? "" : "%02x:".formatted(behind(path.substring(0, slash)));
        return parsed("%04x:%s%s".formatted(domain, bus, step), path);
    }

    private static PciAddress parsed(String text, String path) {
        try {
            return PciAddress.parse(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(TopologyException.quote(path), e);
        }
    }

    private int behind(String path) {
        DumpedFunction bridge = byPath.get(path.toLowerCase(Locale.ROOT));
        if (bridge == null) {
            throw new IllegalArgumentException("a function behind " + path + ", which the dump does not have above it");
        }
        int type = bridge.headerType();
        if (type != HEADER_TYPE_BRIDGE && type != HEADER_TYPE_CARDBUS || bridge.u8(SECONDARY_BUS) == 0) {
            throw new IllegalArgumentException("a function behind " + path
                    + ", whose bytes are of no bridge with a bus behind");
        }
        return bridge.u8(SECONDARY_BUS);
    }
}
