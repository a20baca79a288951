// SPDX-License-Identifier: Apache-2.0
package vfio.core.info;

/**
 * A part of a region.
 *
 * @param offset in the region
 * @param size in bytes
 */
public record RegionPart(long offset, long size) {

    /** Returns the offset of the byte behind the last one. */
    public long end() {
        return offset + size;
    }

    /** Tells whether the part lies in a region of {@code bytes} bytes, and is not empty. */
    public boolean within(long bytes) {
        return offset >= 0 && size > 0 && size <= bytes && offset <= bytes - size;
    }

    public boolean contains(long position) {
        return position >= offset && position < end();
    }
}
