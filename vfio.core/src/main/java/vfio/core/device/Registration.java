// SPDX-License-Identifier: Apache-2.0
package vfio.core.device;

import java.util.Optional;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.dirty.DirtyLog;
import vfio.core.migration.MigrationFlags;
import vfio.core.migration.MigrationOperations;

/**
 * What is checked of a driver's operations before its device is registered, as vfio_pci_core_register_device does. That
 * migration and the dirty log have all their operations is what their types say. Nothing is kept of what the driver answers:
 * each first open asks and checks anew.
 */
public final class Registration {

    private Registration() {
    }

    /**
     * Checks what a driver claims; runs where the driver may be called.
     *
     * @return the flags of its migration, empty where it has none
     * @throws VfioException EINVAL where the migration has no flags, or a dirty log no ranges; else what the driver answered
     */
    public static Optional<MigrationFlags> check(String device, String driver, VfioOperations operations) {
        MigrationOperations migration = operations.migration();
        Optional<MigrationFlags> claimed =
                migration == null ? Optional.empty() : Optional.of(flags(device, driver, migration));
        DirtyLog log = operations.dirtyLog();
        int ranges = log == null ? 1 : log.maxRanges();
        if (ranges < 1) {
            throw new VfioException(Errno.EINVAL, claim(device, driver) + "a dirty log of " + ranges
                    + " ranges; it must log 1 at least");
        }
        return claimed;
    }

    private static MigrationFlags flags(String device, String driver, MigrationOperations migration) {
        try {
            return MigrationFlags.of(device, migration);
        } catch (VfioException e) {
            throw new VfioException(e.errno(), claim(device, driver) + "a migration that cannot be: " + e.sentence());
        }
    }

    private static String claim(String device, String driver) {
        return "register " + device + ": driver " + driver + " claims ";
    }
}
