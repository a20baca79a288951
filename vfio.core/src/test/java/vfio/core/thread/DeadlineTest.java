// SPDX-License-Identifier: Apache-2.0
package vfio.core.thread;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class DeadlineTest {
    @Test
    void noPatienceHasPassedAtOnce() {
        assertTrue(Deadline.in(Duration.ZERO).passed());
        assertEquals(Duration.ZERO, Deadline.in(Duration.ZERO).left());
    }

    @Test
    void negativePatienceIsNone() {
        Deadline deadline = Deadline.in(Duration.ofNanos(Long.MIN_VALUE));
        assertTrue(deadline.passed());
        assertEquals(Duration.ZERO, deadline.left());
    }

    @Test
    void patienceBeyondWhatNanosecondsCountIsCut() {
        Deadline deadline = Deadline.in(Duration.ofSeconds(Long.MAX_VALUE));
        assertFalse(deadline.passed());
        assertTrue(deadline.left().compareTo(Deadline.LONGEST) <= 0);
        assertTrue(deadline.left().compareTo(Deadline.LONGEST.minusHours(1)) > 0);
    }
}
