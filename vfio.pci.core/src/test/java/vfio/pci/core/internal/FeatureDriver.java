// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal;

import java.util.List;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.dirty.DirtyLog;
import vfio.core.feature.Feature;
import vfio.core.feature.Features;
import vfio.core.iova.DirtyBitmap;
import vfio.core.iova.IovaRange;
import vfio.core.migration.MigrationData;
import vfio.core.migration.MigrationFlags;
import vfio.core.migration.MigrationOperations;
import vfio.core.migration.MigrationState;
import vfio.pci.core.VfioPciDevice;
import vfio.pci.core.VfioPciOperations;
import vfio.pci.core.fake.FakeDriver;

/** A vendor's driver that migrates, logs and has a feature of its own, and counts how often it is asked. */
final class FeatureDriver {
    static final int OWN = 0x8000;

    final FakeDriver service = FakeDriver.flagged("vendor", "1:2");
    volatile int migrationAsked;
    volatile int logAsked;
    volatile int answers;

    FeatureDriver() {
        service.onProbe = Operations::new;
    }

    private final class Operations extends VfioPciOperations {
        private Operations(VfioPciDevice device) {
            super(device);
        }

        @Override
        public MigrationOperations migration() {
            migrationAsked++;
            return new Migrating();
        }

        @Override
        public DirtyLog dirtyLog() {
            logAsked++;
            return new Logging();
        }

        @Override
        public Features features() {
            return super.features().with(OWN, Feature.set("OWN", 0, request -> answers++));
        }
    }

    private static final class Migrating implements MigrationOperations {
        @Override
        public MigrationFlags flags() {
            return new MigrationFlags(true, false);
        }

        @Override
        public MigrationData arc(MigrationState from, MigrationState to) {
            throw new VfioException(Errno.EOPNOTSUPP, "it stays where it is");
        }

        @Override
        public long stopCopyLength() {
            return 0;
        }
    }

    private static final class Logging implements DirtyLog {
        @Override
        public long start(long pageSize, List<IovaRange> ranges) {
            return pageSize;
        }

        @Override
        public void stop() {
            // nothing runs
        }

        @Override
        public void readAndClear(DirtyBitmap bitmap) {
            // nothing was written
        }
    }
}
