// SPDX-License-Identifier: Apache-2.0
package vfio.os;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Where the fields of a C struct are, on one processor architecture. It is data: a program made from it can be checked against
 * the kernel's headers.
 *
 * @param header the header that declares it, such as {@code sys/epoll.h}
 * @param name with its keyword, as in {@code struct epoll_event}
 * @param size in bytes
 * @param fields offsets by name, in order
 */
public record StructLayout(String header, String name, int size, Map<String, Integer> fields) {

    public StructLayout {
        fields = Collections.unmodifiableMap(new LinkedHashMap<>(fields));
    }

    /** A struct without fields yet. */
    public static StructLayout of(String header, String name, int size) {
        return new StructLayout(header, name, size, Map.of());
    }

    /** With one field more. */
    public StructLayout field(String field, int offset) {
        Map<String, Integer> more = new LinkedHashMap<>(fields);
        more.put(field, offset);
        return new StructLayout(header, name, size, more);
    }

    /** @throws IllegalArgumentException where there is no such field */
    public int offset(String field) {
        Integer offset = fields.get(field);
        if (offset == null) {
            throw new IllegalArgumentException(name + " has no field " + field);
        }
        return offset;
    }

    /** Bytes of an object of this layout, all zero. */
    public NativeBytes allocate() {
        return NativeBytes.allocate(size);
    }
}
