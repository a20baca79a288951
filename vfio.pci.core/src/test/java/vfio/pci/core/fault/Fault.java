// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.fault;

import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.device.DriverState;

/** What a version of a driver does wrong at a step. */
public enum Fault {
    NONE,
    REFUSES {
        @Override
        public void happen(Script script) {
            throw new VfioException(Errno.ENOSPC, "no room for another version");
        }
    },
    THROWS {
        @Override
        public void happen(Script script) {
            throw new IllegalStateException("a bug");
        }
    },
    ERROR {
        @Override
        public void happen(Script script) {
            throw new AssertionError("a broken invariant");
        }
    },
    STACK_OVERFLOW {
        @Override
        public void happen(Script script) {
            happen(script);
        }
    },
    /** It needs a class that its bundle has forgotten. */
    MISSING_CLASS,
    /** It answers null where it has an answer to give. */
    NULL,
    /** It takes its time, and less than a pause may last. */
    SLOW {
        @Override
        public void happen(Script script) {
            script.spend(20);
        }
    },
    /** It hands over a state that is too large. */
    STATE_TOO_LARGE,
    /** It hands over a state of a version that it was not asked for. */
    STATE_OF_ANOTHER_VERSION,
    /** It hands over a state that is none. */
    STATE_OF_NO_VERSION,
    /** It takes longer than a pause may last, and comes back. */
    LONGER_THAN_THE_PAUSE {
        @Override
        public void happen(Script script) {
            script.spend(1200);
        }
    },
    /** It never comes back, and obeys no interrupt. */
    HANGS {
        @Override
        public void happen(Script script) {
            script.hang(true);
        }
    },
    /** It never comes back, but for an interrupt. */
    HANGS_INTERRUPTIBLY {
        @Override
        public void happen(Script script) {
            script.hang(false);
        }
    };

    /** Makes the fault happen, where it is one that throws or takes time. */
    public void happen(Script script) {
    }

    /** Tells whether the fault takes a time that a test feels. */
    public boolean takesLong() {
        return ordinal() >= LONGER_THAN_THE_PAUSE.ordinal();
    }

    public boolean hangs() {
        return this == HANGS || this == HANGS_INTERRUPTIBLY;
    }

    public DriverState state(DriverState honest) {
        return switch (this) {
            case NULL -> null;
            case STATE_TOO_LARGE -> honest.with("too large", new byte[DriverState.MOST_BYTES]);
            case STATE_OF_ANOTHER_VERSION -> DriverState.of(honest.version() + 1);
            case STATE_OF_NO_VERSION -> DriverState.none();
            default -> honest;
        };
    }
}
