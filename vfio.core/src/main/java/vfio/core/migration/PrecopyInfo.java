// SPDX-License-Identifier: Apache-2.0
package vfio.core.migration;

/**
 * What is left to read while a device runs ({@code struct vfio_precopy_info}).
 *
 * @param initialBytes left of what is worth transferring before anything else
 * @param dirtyBytes that have changed, and would be read again
 */
public record PrecopyInfo(long initialBytes, long dirtyBytes) {
}
