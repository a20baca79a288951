// SPDX-License-Identifier: Apache-2.0
package vfio.core.device;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.dirty.DirtyLog;
import vfio.core.feature.FeatureRequest;
import vfio.core.feature.Features;
import vfio.core.info.DeviceInfo;
import vfio.core.info.IrqInfo;
import vfio.core.migration.MigrationFlags;
import vfio.core.migration.MigrationOperations;

/**
 * The answers of a driver about a device that is open, each asked once: the facts that users rely on until the last close,
 * and the driver's objects that serve them. The next version of the driver must answer the same facts.
 */
final class DriverAnswers {
    private final String name;
    private final Seat seat;
    private final DeviceInfo info;
    private final RegionTable regions;
    /** Null for an index that the device does not have. */
    private final List<IrqInfo> irqs = new ArrayList<>();
    private final Features features;
    private final boolean migratesElsewhere;
    private final boolean logsElsewhere;
    private final MigrationOperations migration;
    private final MigrationFlags migrationFlags;
    private final DirtyLog dirtyLog;

    /**
     * Asks the driver, on its worker.
     *
     * @param calls the gate of the device's calls, in which a region wakes the device
     * @throws VfioException the driver's refusal, or why its answers cannot be
     */
    DriverAnswers(String name, Seat seat, Gate calls) {
        this.name = name;
        this.seat = seat;
        VfioOperations operations = seat.operations();
        info = told(operations.info(), "device info");
        regions = new RegionTable(name, info.regions(), seat, calls);
        for (int index = 0; index < info.irqs(); index++) {
            irqs.add(irqInfo(operations, index));
        }
        features = told(operations.features(), "features");
        migratesElsewhere = features.forwards(Features.MIGRATION, FeatureRequest.GET);
        migration = migratesElsewhere ? null : operations.migration();
        migrationFlags = migration == null ? null : MigrationFlags.of(name, migration);
        logsElsewhere = features.forwards(Features.DMA_LOGGING_START, FeatureRequest.SET);
        dirtyLog = logsElsewhere ? null : operations.dirtyLog();
    }

    private <T> T told(T answer, String what) {
        if (answer == null) {
            throw seat.worker().lied(Errno.EIO, "open " + name + ": the driver answered no " + what);
        }
        return answer;
    }

    private IrqInfo irqInfo(VfioOperations operations, int index) {
        try {
            return told(operations.irqInfo(index), "info of interrupt index " + index);
        } catch (VfioException e) {
            if (e.errno() == Errno.EINVAL) {
                return null;
            }
            throw e;
        }
    }

    Seat seat() {
        return seat;
    }

    DeviceInfo info() {
        return info;
    }

    RegionTable regions() {
        return regions;
    }

    int irqs() {
        return irqs.size();
    }

    /** Returns the info of an interrupt index; empty where the device has none of this index. */
    Optional<IrqInfo> irqInfo(int index) {
        return index < 0 || index >= irqs.size() ? Optional.empty() : Optional.ofNullable(irqs.get(index));
    }

    /** Returns the features that the bus or the driver adds to the core's own. */
    Features features() {
        return features;
    }

    boolean migratesElsewhere() {
        return migratesElsewhere;
    }

    boolean logsElsewhere() {
        return logsElsewhere;
    }

    /** Returns the driver's migration; null where the driver does not migrate the device. */
    MigrationOperations migration() {
        return migration;
    }

    /** Returns the driver's dirty log; null where the driver logs nothing. */
    DirtyLog dirtyLog() {
        return dirtyLog;
    }

    /**
     * Returns the name of a region whose memory is an object of the driver's own, which users' mappings keep; empty for none.
     */
    Optional<String> ownMemory() {
        ClassLoader drivers = seat.operations().getClass().getClassLoader();
        return drivers == DriverAnswers.class.getClassLoader() ? Optional.empty() : regions.withMemoryOf(drivers);
    }

    /**
     * Tells the first fact that another driver answers otherwise; empty where a user cannot tell the two apart. Features may
     * be more.
     */
    Optional<String> difference(DriverAnswers other) {
        return Difference.of(info, other.info)
                .or(() -> regions.difference(other.regions))
                .or(() -> irqsDifference(other))
                .or(() -> Difference.of("whether the other side migrates the device", migratesElsewhere,
                        other.migratesElsewhere))
                .or(() -> Difference.of(migrationFlags, other.migrationFlags))
                .or(() -> Difference.of("whether the other side logs what the device writes", logsElsewhere,
                        other.logsElsewhere))
                .or(() -> Difference.of("whether there is a dirty log", dirtyLog != null, other.dirtyLog != null))
                .or(() -> features.lacking(other.features).map(number -> "feature " + number + " is there no more"));
    }

    private Optional<String> irqsDifference(DriverAnswers other) {
        return IntStream.range(0, irqs.size())
                .mapToObj(index -> Difference.of("interrupts of index " + index, irqs.get(index), other.irqs.get(index)))
                .flatMap(Optional::stream).findFirst();
    }
}
