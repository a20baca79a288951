// SPDX-License-Identifier: Apache-2.0
package conformance.samples;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A test that runs in the classes that inherit it. */
abstract class SampleContract {
    @Test
    @Tag("X2-1")
    void kept() {
    }

    /** One who keeps it. */
    static class Keeper extends SampleContract {
    }
}
