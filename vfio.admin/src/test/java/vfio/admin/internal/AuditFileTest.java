// SPDX-License-Identifier: Apache-2.0
package vfio.admin.internal;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import vfio.core.EventLog;

class AuditFileTest {
    @TempDir
    Path tmp;
    private DaemonDirectory directory;
    private Path file;
    private final EventLog log = new EventLog();

    @BeforeEach
    void open() {
        directory = DaemonDirectories.daemon(tmp.resolve("run"));
        file = tmp.resolve("run/audit.jsonl");
    }

    @AfterEach
    void close() {
        directory.close();
    }

    private static List<JsonObject> events(Path file) throws IOException {
        return Files.readAllLines(file).stream().map(line -> JsonParser.parseString(line).getAsJsonObject()).toList();
    }

    private static void assertSequence(long from, long to, List<JsonObject> events) {
        assertEquals(LongStream.rangeClosed(from, to).boxed().toList(),
                events.stream().map(event -> event.get("sequence").getAsLong()).toList());
    }

    @Test
    void itIsInTheStateDirectoryWhichOutlivesTheRunDirectory() throws Exception {
        Path state = Files.createDirectory(tmp.resolve("state"));
        DaemonDirectory split = DaemonDirectories.daemon(tmp.resolve("run2"), state);
        log.record("bound", "f", "text");
        new AuditFile(split, log).close();
        split.close();
        assertSequence(1, 1, events(state.resolve("audit.jsonl")));
        assertFalse(Files.exists(tmp.resolve("run2/audit.jsonl")));
    }

    @Test
    void eventsOfBeforeDuringAndUpToTheStopAreAllThereInOrder() throws Exception {
        IntStream.range(0, 5000).forEach(i -> log.record("bound", "f" + i, "early"));
        AuditFile audit = new AuditFile(directory, log);
        IntStream.range(0, 30_000).forEach(i -> log.record("unbound", "f" + i, "late"));
        audit.close();
        log.record("bound", "f", "too late");
        assertSequence(1, 35_000, events(file));
    }

    @Test
    void eventsRecordedWhileItStartsAreWrittenOnce() throws Exception {
        Thread recorder = new Thread(() -> IntStream.range(0, 20_000).forEach(i -> log.record("bound", "f", "text")));
        recorder.start();
        AuditFile audit = new AuditFile(directory, log);
        recorder.join();
        audit.close();
        List<JsonObject> events = events(file);
        assertSequence(events.get(0).get("sequence").getAsLong(), 20_000, events);
    }

    @Test
    void hostileTextStaysOneLine() throws Exception {
        AuditFile audit = new AuditFile(directory, log);
        log.record("driver-faulty", "a\nb", "quote \" back \\ nul \0 \u2028 line");
        audit.close();
        assertEquals("a\nb", events(file).get(0).get("subject").getAsString());
        assertEquals("quote \" back \\ nul \0 \u2028 line", events(file).get(0).get("text").getAsString());
    }

    @Test
    void restartAppendsAndHalfALineSpoilsNothing() throws Exception {
        AuditFile audit = new AuditFile(directory, log);
        log.record("bound", "f", "first run");
        audit.close();
        Files.writeString(file, "{\"half", StandardOpenOption.APPEND);
        EventLog second = new EventLog();
        audit = new AuditFile(directory, second);
        second.record("bound", "f", "second run");
        audit.close();
        List<String> lines = Files.readAllLines(file);
        assertEquals(3, lines.size());
        assertTrue(lines.get(0).contains("first run"));
        assertTrue(JsonParser.parseString(lines.get(2)).getAsJsonObject().get("text").getAsString().equals("second run"));
    }

    @Test
    void rotatesAndKeepsFour() throws Exception {
        AuditFile audit = new AuditFile(directory, log, 2000);
        audit.close();
        for (int run = 0; run < 8; run++) {
            EventLog other = new EventLog();
            audit = new AuditFile(directory, other, 2000);
            other.record("bound", "run " + run, "x".repeat(1500));
            audit.close();
        }
        assertTrue(events(file).get(0).get("subject").getAsString().equals("run 7"));
        for (int i = 1; i <= AuditFile.KEPT; i++) {
            assertEquals("run " + (7 - i), events(file.resolveSibling("audit." + i + ".jsonl")).get(0).get("subject")
                    .getAsString());
        }
        assertFalse(Files.exists(file.resolveSibling("audit.5.jsonl")));
    }

    @Test
    void diskThatFailsLosesNothingAfterwardsAndHangsNobody() throws Exception {
        Files.createDirectory(file);
        AuditFile audit = new AuditFile(directory, log);
        log.record("bound", "f", "lost");
        audit.close();
        Files.delete(file);
        audit = new AuditFile(directory, log);
        audit.close();
        assertSequence(1, 1, events(file));
    }

    @Test
    void gapOfADiskThatFailedHasALine() throws Exception {
        Files.createDirectory(file);
        AuditFile audit = new AuditFile(directory, log);
        log.record("bound", "f", "lost");
        log.record("unbound", "f", "lost too");
        await().until(() -> audit.failed() == 2);
        Files.delete(file);
        log.record("bound", "f", "kept");
        audit.close();
        List<JsonObject> events = events(file);
        assertSequence(2, 3, events);
        assertEquals("audit-gap", events.get(0).get("type").getAsString());
        assertEquals("2 events before this are missing: the file could not be written",
                events.get(0).get("text").getAsString());
        assertEquals("kept", events.get(1).get("text").getAsString());
    }

    @Test
    void standaloneWritesNoFile() throws Exception {
        DaemonDirectory standalone = DaemonDirectories.standalone(tmp.resolve("alone"));
        AuditFile audit = new AuditFile(standalone, log);
        log.record("bound", "f", "text");
        audit.close();
        assertFalse(Files.exists(tmp.resolve("alone/audit.jsonl")));
        standalone.close();
    }
}
