// SPDX-License-Identifier: Apache-2.0
package vfio.testkit;

import java.nio.ByteBuffer;
import java.util.function.Function;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.migration.MigrationData;
import vfio.core.migration.MigrationFlags;
import vfio.core.migration.MigrationOperations;
import vfio.core.migration.MigrationState;
import vfio.core.migration.ResumingData;
import vfio.pci.core.PciBinding;
import vfio.pci.core.VfioPciDevice;

/** Drivers whose migration is wrong in one point. */
final class WrongMigrations {
    private WrongMigrations() {
    }

    private static PciBinding with(VfioPciDevice device, Function<Sound, MigrationOperations> migration) {
        return new Sound(device) {
            @Override
            public MigrationOperations migration() {
                return migration.apply(this);
            }
        };
    }

    static PciBinding changesFlags(VfioPciDevice device) {
        int[] calls = new int[1];
        return with(device, sound -> new SoundMigration(sound, new MigrationFlags(calls[0]++ < 2, true)));
    }

    static PciBinding claimsLess(VfioPciDevice device) {
        int[] calls = new int[1];
        return with(device, sound -> calls[0]++ == 0 ? null : new SoundMigration(sound, Sound.FLAGS));
    }

    static PciBinding tellsNoFlags(VfioPciDevice device) {
        return with(device, sound -> new SoundMigration(sound, null));
    }

    static PciBinding knowsNoWayBack(VfioPciDevice device) {
        return with(device, sound -> new SoundMigration(sound, Sound.FLAGS) {
            @Override
            public MigrationData arc(MigrationState from, MigrationState to) {
                if (from == MigrationState.PRE_COPY && to == MigrationState.RUNNING) {
                    throw new VfioException(Errno.EOPNOTSUPP, "stop copying: not yet");
                }
                return super.arc(from, to);
            }
        });
    }

    static PciBinding dropsState(VfioPciDevice device) {
        return with(device, sound -> new SoundMigration(sound, Sound.FLAGS) {
            @Override
            ResumingData resuming() {
                return new Resumed() {
                    @Override
                    public int write(ByteBuffer source) {
                        return source.remaining();
                    }
                };
            }
        });
    }

    static PciBinding missesReset(VfioPciDevice device) {
        return with(device, sound -> new SoundMigration(sound, Sound.FLAGS) {
            @Override
            public void afterReset() {
                // forgotten: it is RUNNING
            }
        });
    }

    /** Does not notice that a stream has ended. */
    static PciBinding resumesOnce(VfioPciDevice device) {
        return with(device, sound -> new SoundMigration(sound, Sound.FLAGS) {
            private boolean busy;

            @Override
            ResumingData resuming() {
                if (busy) {
                    throw new VfioException(Errno.EBUSY, "resume: a stream is open");
                }
                busy = true;
                return super.resuming();
            }
        });
    }
}
