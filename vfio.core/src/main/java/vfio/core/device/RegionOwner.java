// SPDX-License-Identifier: Apache-2.0
package vfio.core.device;

/** The handle that a user's {@link Region} belongs to. */
interface RegionOwner {

    /** Tells whether calls of the handle's user wait while the driver is exchanged. */
    boolean waits();

    /**
     * Refuses an act of a stale handle.
     *
     * @throws vfio.core.VfioException ENODEV once the handle is stale
     */
    void ensureOpen(String act);

    /** Maps a part of a region; the mapping ends with the handle. */
    Mapping track(DeviceRegion region, long offset, long size);
}
