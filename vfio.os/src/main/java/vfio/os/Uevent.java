// SPDX-License-Identifier: Apache-2.0
package vfio.os;

import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A message of the kernel about a device (lib/kobject_uevent.c).
 *
 * @param action add, remove, change, bind, unbind, move, online or offline
 * @param path of the device below /sys, with a slash at its start
 * @param properties by name, such as SUBSYSTEM, PCI_SLOT_NAME, DRIVER
 */
public record Uevent(String action, String path, Map<String, String> properties) {

    public Uevent {
        properties = Collections.unmodifiableMap(new LinkedHashMap<>(properties));
    }

    /** Returns a property's value, or the empty text where there is no such property. */
    public String property(String name) {
        return properties.getOrDefault(name, "");
    }

    /**
     * Parses {@code ACTION@PATH} and the properties after it, each ended by a zero byte.
     *
     * @return empty where the message has another form, as those of udev
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
