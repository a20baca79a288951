// SPDX-License-Identifier: Apache-2.0
package launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.osgi.service.log.FormatterLogger;
import org.osgi.service.log.Logger;

class OsgiLogTest {
    private static final String NAME = "acme.Driver";

    private final java.util.logging.Logger target = java.util.logging.Logger.getLogger(NAME);
    private final List<LogRecord> lines = new ArrayList<>();
    private final Handler handler = new Handler() {
        @Override
        public void publish(LogRecord line) {
            lines.add(line);
        }

        @Override
        public void flush() {
            // Nothing is kept back.
        }

        @Override
        public void close() {
            // Nothing is open.
        }
    };

    @BeforeEach
    void listen() {
        target.setUseParentHandlers(false);
        target.addHandler(handler);
    }

    @AfterEach
    void end() {
        target.removeHandler(handler);
        target.setUseParentHandlers(true);
    }

    private void told(Level level, String text) {
        assertEquals(1, lines.size());
        assertEquals(level, lines.get(0).getLevel());
        assertEquals(text, lines.get(0).getMessage());
        lines.clear();
    }

    @Test
    void eachLevelHasItsOwnAndDebugIsLeftOut() {
        Logger logger = new OsgiLog().getLogger(NAME);
        assertEquals(NAME, logger.getName());
        assertTrue(logger.isErrorEnabled() && logger.isWarnEnabled() && logger.isInfoEnabled());
        assertFalse(logger.isDebugEnabled() || logger.isTraceEnabled());
        logger.debug("no");
        logger.trace("no");
        logger.error("a {0} b");
        told(Level.SEVERE, "a {0} b");
        logger.warn("a");
        told(Level.WARNING, "a");
        logger.info("a");
        told(Level.INFO, "a");
        logger.audit("a");
        told(Level.INFO, "a");
    }

    @Test
    void argumentsFillPlacesAndTheLastMayBeWhatWasThrown() {
        Logger logger = new OsgiLog().getLogger(NAME);
        logger.info("{} of {} is {}", 1, "$2");
        told(Level.INFO, "1 of $2 is {}");
        Throwable thrown = new NoClassDefFoundError("acme/Missing");
        logger.error("class {} fails", "x", thrown);
        assertSame(thrown, lines.get(0).getThrown());
        told(Level.SEVERE, "class x fails");
        logger.error("a {} {} {}", 1, 2, 3, thrown);
        told(Level.SEVERE, "a 1 2 3");
        new OsgiLog().getLogger(NAME, FormatterLogger.class).warn("%x", 255);
        told(Level.WARNING, "ff");
        new OsgiLog().getLogger(NAME, FormatterLogger.class).warn("100 %/%d", "x");
        told(Level.WARNING, "100 %/%d [x]");
    }

    @Test
    void messageThatNobodyReadsIsNotMade() {
        Logger logger = new OsgiLog().getLogger(NAME);
        logger.debug(l -> {
            throw new AssertionError("made");
        });
        logger.info(l -> l.info("made"));
        told(Level.INFO, "made");
    }
}
