// SPDX-License-Identifier: Apache-2.0
package conformance.samples;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tags to be found; surefire takes no class of this name for a test. */
class Sample {
    @Test
    @Tag("X1-1")
    @Tag("X1-2")
    @Tag("slow")
    void plain() {
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    @Tag("X1-3")
    void parameterised(int value) {
    }

    @Nested
    @Tag("X1.2-1")
    class Inner {
        @Test
        void nested() {
        }
    }
}
