// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.assembly;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.device.VfioOperations;
import vfio.core.dirty.DirtyLog;
import vfio.core.iova.DirtyBitmap;
import vfio.core.iova.IovaRange;
import vfio.core.migration.MigrationData;
import vfio.core.migration.MigrationFlags;
import vfio.core.migration.MigrationOperations;
import vfio.core.migration.MigrationState;

/** What a driver claims when its device is registered. */
class RegistrationTest {

    /** A driver that claims what it is told; none of its operations may be called. */
    private static final class Claims extends VfioOperations {
        private final MigrationOperations migration;
        private final DirtyLog log;

        private Claims(MigrationOperations migration, DirtyLog log) {
            this.migration = migration;
            this.log = log;
        }

        @Override
        public MigrationOperations migration() {
            return migration;
        }

        @Override
        public DirtyLog dirtyLog() {
            return log;
        }
    }

    private interface Flags {
        MigrationFlags get();
    }

    private static MigrationOperations migrating(Flags flags) {
        return new MigrationOperations() {
            @Override
            public MigrationFlags flags() {
                return flags.get();
            }

            @Override
            public MigrationData arc(MigrationState from, MigrationState to) {
                throw new AssertionError("arc");
            }

            @Override
            public long stopCopyLength() {
                throw new AssertionError("stopCopyLength");
            }
        };
    }

    private static DirtyLog logging(int ranges) {
        return new DirtyLog() {
            @Override
            public int maxRanges() {
                return ranges;
            }

            @Override
            public long start(long pageSize, List<IovaRange> asked) {
                throw new AssertionError("start");
            }

            @Override
            public void stop() {
                throw new AssertionError("stop");
            }

            @Override
            public void readAndClear(DirtyBitmap bitmap) {
                throw new AssertionError("readAndClear");
            }
        };
    }

    private static Optional<MigrationFlags> check(MigrationOperations migration, DirtyLog log) {
        return Registration.check("0000:01:00.0", "acme", new Claims(migration, log));
    }

    private static VfioException refusal(MigrationOperations migration, DirtyLog log) {
        return assertThrows(VfioException.class, () -> check(migration, log));
    }

    @ParameterizedTest
    @CsvSource({"1, false, false", "3, true, false", "5, false, true", "7, true, true"})
    void everyCombinationWithStopCopyIsRegistered(long bits, boolean p2p, boolean preCopy) {
        assertEquals(Optional.of(new MigrationFlags(p2p, preCopy)), check(migrating(() -> MigrationFlags.of(bits)), null));
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 2, 4, 6, 8, 9, 15, -1, 1L << 32 | 1, Long.MIN_VALUE})
    void everyOtherCombinationIsEinvalAndNamesDriverAndFlags(long bits) {
        VfioException refusal = refusal(migrating(() -> MigrationFlags.of(bits)), logging(1));
        assertEquals(Errno.EINVAL, refusal.errno());
        String sentence = refusal.sentence();
        assertTrue(sentence.startsWith("register 0000:01:00.0: driver acme claims a migration that cannot be: "), sentence);
        assertTrue(sentence.contains("flags " + Long.toHexString(bits) + ":"), sentence);
    }

    @Test
    void migrationWithoutFlagsIsEinval() {
        VfioException refusal = refusal(migrating(() -> null), null);
        assertEquals(Errno.EINVAL, refusal.errno());
        assertTrue(refusal.sentence().contains("driver acme") && refusal.sentence().contains("no flags"));
    }

    @Test
    void driverThatClaimsNothingIsRegistered() {
        assertEquals(Optional.empty(), check(null, null));
        assertEquals(Optional.empty(), check(null, logging(1)));
        assertEquals(Optional.empty(), check(null, logging(Integer.MAX_VALUE)));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, Integer.MIN_VALUE})
    void logOfNoRangesIsEinval(int ranges) {
        VfioException refusal = refusal(migrating(() -> new MigrationFlags(true, true)), logging(ranges));
        assertEquals(Errno.EINVAL, refusal.errno());
        assertTrue(refusal.sentence().contains("driver acme claims a dirty log of " + ranges + " ranges"));
    }

    @Test
    void whatTheDriverThrowsStaysItsOwn() {
        IllegalStateException thrown = new IllegalStateException("no hardware");
        assertSame(thrown, assertThrows(IllegalStateException.class, () -> check(migrating(() -> {
            throw thrown;
        }), null)));
        assertEquals(Errno.EIO, refusal(migrating(() -> {
            throw new VfioException(Errno.EIO, "read capabilities");
        }), null).errno());
    }
}
