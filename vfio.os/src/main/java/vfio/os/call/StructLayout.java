// SPDX-License-Identifier: Apache-2.0
package vfio.os.call;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The layout of a C struct on one processor architecture: the offset of each field. A layout is data, from which a C program
 * can be made that checks it against the kernel's headers.
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

    /** Returns the layout of a struct without fields. */
    public static StructLayout of(String header, String name, int size) {
        return new StructLayout(header, name, size, Map.of());
    }

    /** Returns this layout with one field more. */
    public StructLayout field(String field, int offset) {
        Map<String, Integer> more = new LinkedHashMap<>(fields);
        more.put(field, offset);
        return new StructLayout(header, name, size, more);
    }

    /**
     * Returns the offset of a field in bytes.
     *
     * @throws IllegalArgumentException where there is no such field
     */
    public int offset(String field) {
        Integer offset = fields.get(field);
        if (offset == null) {
            throw new IllegalArgumentException(name + " has no field " + field);
        }
        return offset;
    }

    /** Allocates an object of this layout, all zero. */
    public NativeBytes allocate() {
        return NativeBytes.allocate(size);
    }
}
