// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import vfio.deploy.internal.FileArrivals.FileChange;

class FileArrivalsTest {
    private static final long MILLI = 1_000_000;
    /** So that no file counts as old by the wall clock. */
    private static final FileTime FUTURE = FileTime.from(Instant.now().plus(Duration.ofDays(1)));

    @TempDir
    Path folder;
    private final AtomicLong clock = new AtomicLong(1000 * MILLI);
    private final FileArrivals arrivals = new FileArrivals(Duration.ofMillis(50), Duration.ofMillis(2000), clock::get);

    private List<FileChange> at(long millis) {
        clock.set((1000 + millis) * MILLI);
        return arrivals.settle(new FolderScan(List.of(folder)).read());
    }

    private Path write(byte[] bytes) throws IOException {
        Path file = Files.write(folder.resolve("a.jar"), bytes);
        return Files.setLastModifiedTime(file, FUTURE);
    }

    private static byte[] jar() {
        return Jars.driver("acme", "1").bytes();
    }

    @Test
    void newFileIsHandedOutOnceItIsQuiet() throws Exception {
        write(jar());
        assertEquals(List.of(), at(0));
        assertEquals(50 * MILLI, arrivals.due());
        assertEquals(List.of(), at(49));
        assertEquals(1, at(50).size());
        assertTrue(arrivals.settled());
        assertEquals(List.of(), at(51));
    }

    @Test
    void oldFileNeedsNoQuiet() throws Exception {
        Files.setLastModifiedTime(write(jar()), FileTime.fromMillis(0));
        assertEquals(1, at(0).size());
        assertTrue(arrivals.settled());
    }

    @Test
    void eachChangeBeginsANewQuiet() throws Exception {
        write(jar());
        at(0);
        Files.write(folder.resolve("a.jar"), Jars.driver("acme", "2").bytes());
        Files.setLastModifiedTime(folder.resolve("a.jar"), FUTURE);
        assertEquals(List.of(), at(60));
        assertEquals(Set.of(folder.resolve("a.jar")), arrivals.waiting());
        assertEquals(1, at(110).size());
    }

    @Test
    void deletionIsHandedOutOnceItIsQuietAndNotIfTheFileIsBack() throws Exception {
        Path file = write(jar());
        at(0);
        at(50);
        Files.delete(file);
        assertEquals(List.of(), at(100));
        write(jar());
        assertEquals(List.of(), at(160));
        assertEquals(file, at(220).get(0).path());
        Files.delete(file);
        at(300);
        FileChange gone = at(350).get(0);
        assertEquals(null, gone.stamp());
        assertTrue(arrivals.settled());
        assertEquals(List.of(), at(400));
    }

    private List<FileChange> unreadAt(long millis) {
        clock.set((1000 + millis) * MILLI);
        return arrivals.settle(new FolderScan.Listing(new TreeMap<>(), Map.of(folder, new IOException("EIO"))));
    }

    @Test
    void whatCannotBeListedIsNotGone() throws Exception {
        Path file = write(jar());
        at(0);
        at(50);
        assertEquals(List.of(), unreadAt(100));
        assertEquals(List.of(), unreadAt(200));
        assertTrue(arrivals.settled());
        assertEquals(List.of(), at(300), "nor is it new when it is seen again");
        Files.delete(file);
        at(400);
        assertEquals(1, at(450).size());
    }

    @Test
    void fileThatWasNotQuietYetIsHandedOutWhenItIsSeenAgain() throws Exception {
        write(jar());
        at(0);
        assertEquals(List.of(), unreadAt(100));
        assertEquals(Set.of(folder.resolve("a.jar")), arrivals.waiting());
        assertTrue(arrivals.settled(), "nobody waits for what cannot be looked at");
        assertEquals(1, at(200).size());
    }

    @Test
    void incompleteFileIsObjectedToOnlyWhenPatienceEnds() throws Exception {
        write(Arrays.copyOf(jar(), 100));
        at(0);
        assertEquals(List.of(), at(1999));
        assertFalse(arrivals.settled());
        assertTrue(at(2000).get(0).objection().startsWith("truncated"));
        assertTrue(arrivals.settled());
    }

    @Test
    void otherFilesDoNotWaitForAnIncompleteOne() throws Exception {
        write(new byte[0]);
        Files.setLastModifiedTime(Files.write(folder.resolve("b.jar"), jar()), FUTURE);
        at(0);
        assertEquals(List.of(folder.resolve("b.jar")), at(50).stream().map(FileChange::path).toList());
    }

    @Test
    void randomBytesAreNoZipAtOnce() throws Exception {
        write("#!/bin/sh\nexit 0\n# and some more text".getBytes());
        at(0);
        assertTrue(at(50).get(0).objection().startsWith("no zip"));
    }

    @Test
    void onlyPlainJarNamesCount() {
        for (String name : List.of(".a.jar", "~a.jar", "#a.jar", "a.jar.part", "a.jar~", "a.zip")) {
            assertFalse(FolderScan.isJarName(Path.of(name)), name);
        }
        for (String name : List.of("a b.jar", "A.JAR")) {
            assertTrue(FolderScan.isJarName(Path.of(name)), name);
        }
    }

    @Property(tries = 200)
    void noProperPrefixOfAJarIsComplete(@ForAll @IntRange(min = 0, max = 100_000) int cut) throws IOException {
        byte[] jar = jar();
        Path file = Files.createTempFile("prefix", ".jar");
        try {
            Files.write(file, Arrays.copyOf(jar, cut % jar.length));
            assertEquals(ZipTail.INCOMPLETE, ZipTail.of(file));
            Files.write(file, jar);
            assertEquals(ZipTail.COMPLETE, ZipTail.of(file));
        } finally {
            Files.delete(file);
        }
    }

    @Test
    void sameFileIsToldFromItsFolder() throws Exception {
        FileStamp stamp = FileStamp.of(write(new byte[8]));
        FileStamp moved = stamp.in(FileStamp.place(folder));
        assertFalse(moved.equals(stamp));
        assertTrue(moved.sameFileAs(stamp));
        assertFalse(FileStamp.of(write(new byte[9])).sameFileAs(stamp));
    }

    @Test
    void stampTellsARewriteThatKeepsSizeAndTime() throws Exception {
        Path file = write(new byte[8]);
        FileStamp before = FileStamp.of(file);
        write(new byte[] {1, 2, 3, 4, 5, 6, 7, 8});
        assertFalse(before.equals(FileStamp.of(file)));
        assertEquals(Map.of(file, FileStamp.of(file).in(FileStamp.place(folder))),
                new FolderScan(List.of(folder)).read().files());
    }
}
