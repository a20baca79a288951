// SPDX-License-Identifier: Apache-2.0
package vfio.os;

import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What the kernel says of a device (lib/kobject_uevent.c).
 *
 * @param action add, remove, change, bind, unbind, move, online, offline
 * @param path of the device below /sys, from its slash on
 * @param properties such as SUBSYSTEM, PCI_SLOT_NAME, DRIVER
 */
public record Uevent(String action, String path, Map<String, String> properties) {

    public Uevent {
        properties = Collections.unmodifiableMap(new LinkedHashMap<>(properties));
    }

    /** A property's value, or the empty text. */
    public String property(String name) {
        return properties.getOrDefault(name, "");
    }

    /**
     * Reads {@code ACTION@PATH} and the properties behind it, each ended by a zero byte.
     *
     * @return nothing where it is no such message, as those that udev sends on
     */
    static Optional<Uevent> parse(byte[] message, int length) {
        String[] parts = new String(message, 0, length, StandardCharsets.UTF_8).split("\0", -1);
        int at = parts[0].indexOf('@');
        if (at <= 0 || !parts[0].startsWith("/", at + 1)) {
            return Optional.empty();
        }
        Map<String, String> properties = new LinkedHashMap<>();
        for (int i = 1; i < parts.length; i++) {
            int equals = parts[i].indexOf('=');
            if (equals > 0) {
                properties.put(parts[i].substring(0, equals), parts[i].substring(equals + 1));
            }
        }
        return Optional.of(new Uevent(parts[0].substring(0, at), parts[0].substring(at + 1), properties));
    }
}
