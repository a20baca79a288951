// SPDX-License-Identifier: Apache-2.0
package vfio.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

class ThrownTest {
    /** Whose every method throws. */
    private static final class Hostile extends RuntimeException {
        private static final long serialVersionUID = 1L;

        @Override
        public String getMessage() {
            throw this;
        }

        @Override
        public String toString() {
            throw this;
        }

        @Override
        public StackTraceElement[] getStackTrace() {
            throw this;
        }
    }

    @Test
    void textIsTypeAndMessage() {
        assertEquals("java.lang.Error", Thrown.text(new Error()));
        assertEquals("java.lang.Error: why", Thrown.text(new Error("why")));
        assertEquals("bind x: no (EBUSY, device or resource busy)",
                Thrown.text(new VfioException(Errno.EBUSY, "bind x: no")));
        assertTrue(Thrown.text(new Error("x".repeat(1 << 20))).length() < 2_000);
    }

    @Test
    void whatThrowsItselfIsItsType() {
        assertEquals(Hostile.class.getName(), Thrown.text(new Hostile()));
        assertEquals(Hostile.class.getName(), Thrown.copy(new Hostile()).getMessage());
    }

    @Test
    void aCopyHasTheStack() {
        Error error = new Error("why");
        StringWriter text = new StringWriter();
        Thrown.copy(error).printStackTrace(new PrintWriter(text, true));
        assertTrue(text.toString().contains("aCopyHasTheStack") && text.toString().contains("java.lang.Error: why"));
    }
}
