// SPDX-License-Identifier: Apache-2.0
package vfio.testkit;

import static vfio.core.migration.MigrationState.PRE_COPY;
import static vfio.core.migration.MigrationState.PRE_COPY_P2P;
import static vfio.core.migration.MigrationState.RESUMING;
import static vfio.core.migration.MigrationState.RUNNING;
import static vfio.core.migration.MigrationState.STOP_COPY;

import java.nio.ByteBuffer;
import java.util.EnumSet;
import java.util.Set;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.migration.MigrationData;
import vfio.core.migration.MigrationFlags;
import vfio.core.migration.MigrationOperations;
import vfio.core.migration.MigrationState;
import vfio.core.migration.ResumingData;
import vfio.core.migration.SavingData;

/** Migrates one long. It refuses an arc that does not begin where it is. */
class SoundMigration implements MigrationOperations {
    private static final Set<MigrationState> SAVING = EnumSet.of(STOP_COPY, PRE_COPY, PRE_COPY_P2P);

    private final Sound device;
    private final MigrationFlags flags;
    private MigrationState at = RUNNING;

    SoundMigration(Sound device, MigrationFlags flags) {
        this.device = device;
        this.flags = flags;
    }

    @Override
    public MigrationFlags flags() {
        return flags;
    }

    @Override
    public MigrationData arc(MigrationState from, MigrationState to) {
        if (from != at) {
            throw new VfioException(Errno.EINVAL, "go from " + from + ": the device is in " + at);
        }
        at = to;
        if (to == RESUMING) {
            return resuming();
        }
        return SAVING.contains(to) && !SAVING.contains(from) ? new Saved(Sound.image(device)) : null;
    }

    ResumingData resuming() {
        return new Resumed();
    }

    @Override
    public long stopCopyLength() {
        return Long.BYTES;
    }

    @Override
    public void afterReset() {
        at = RUNNING;
    }

    private record Saved(ByteBuffer left) implements SavingData {
        @Override
        public int read(ByteBuffer target) {
            int count = Math.min(left.remaining(), target.remaining());
            for (int i = 0; i < count; i++) {
                target.put(left.get());
            }
            return count;
        }
    }

    /** Takes the state up when it is whole. */
    class Resumed implements ResumingData {
        private final ByteBuffer whole = ByteBuffer.allocate(Long.BYTES);

        @Override
        public int write(ByteBuffer source) {
            int count = source.remaining();
            while (source.hasRemaining() && whole.hasRemaining()) {
                whole.put(source.get());
            }
            if (!whole.hasRemaining()) {
                device.value = whole.getLong(0);
            }
            return count;
        }
    }
}
