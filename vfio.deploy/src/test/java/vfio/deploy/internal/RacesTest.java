// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RacesTest extends DeployedFolder {
    @Test
    void jarCopiedInPiecesIsWaitedForAndNeverRefused() throws Exception {
        f.scanned();
        byte[] noise = new byte[20_000];
        new Random(1).nextBytes(noise);
        byte[] jar = Jars.driver("acme", "1.0.0").entry("noise", noise).bytes();
        Path file = f.folder.resolve("a.jar");
        try (FileChannel out = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            int half = jar.length / 2;
            out.write(ByteBuffer.wrap(jar, 0, half));
            await().until(() -> f.state("a.jar").equals("waiting"));
            assertEquals("still being copied", f.row("a.jar").reason());
            for (int at = half; at < jar.length; at += 1000) {
                out.write(ByteBuffer.wrap(jar, at, Math.min(1000, jar.length - at)));
            }
        }
        await().until(() -> f.state("a.jar").equals("active"));
        assertFalse(f.eventTypes().contains("bundle-refused"));
    }

    @Test
    void truncatedJarIsRefusedAfterAWhileAndTakenWhenTheRestComes() throws Exception {
        f.patienceMillis = 200;
        f.scanned();
        byte[] jar = Jars.driver("acme", "1.0.0").bytes();
        Path file = f.folder.resolve("a.jar");
        Files.write(file, Arrays.copyOf(jar, jar.length - 5));
        f.deploy.rescan();
        assertEquals("truncated: the zip's end is missing; copy it again", f.row("a.jar").reason());
        Files.write(file, Arrays.copyOfRange(jar, jar.length - 5, jar.length), StandardOpenOption.APPEND);
        f.deploy.rescan();
        assertEquals("active", f.state("a.jar"));
    }

    @Test
    void jarDeletedWhileItIsInstalledLeavesNothing() throws Exception {
        f.scanned();
        Path file = f.folder.resolve("a.jar");
        for (int round = 0; round < 20; round++) {
            Jars.driver("acme", "1.0." + round).writeTo(file);
            int quick = round;
            await().pollInSameThread().pollInterval(Duration.ofMillis(1)).until(() -> quick % 2 == 0
                    || !f.ours().isEmpty());
            Files.delete(file);
        }
        f.deploy.rescan();
        assertEquals(List.of(), f.ours());
        assertEquals(List.of(), f.deploy.files());
    }

    @Test
    void replacedTwiceQuicklyEndsWithTheLast() throws Exception {
        Path file = Jars.driver("acme", "1.0.0").writeTo(f.folder.resolve("a.jar"));
        f.scanned();
        for (int round = 0; round < 10; round++) {
            Jars.driver("acme", "2.0." + round).moveTo(file);
            Jars.driver("acme", "3.0." + round).writeTo(file);
        }
        f.deploy.rescan();
        assertEquals(List.of("acme 3.0.9"), f.running());
        assertEquals(1, f.ours().size());
    }

    @Test
    void deletionFollowedByANewFileIsAnUpgrade() throws Exception {
        Path file = Jars.driver("acme", "1.0.0").writeTo(f.folder.resolve("a.jar"));
        f.scanned();
        Files.delete(file);
        Jars.driver("acme", "2.0.0").writeTo(file);
        f.deploy.rescan();
        assertEquals(List.of("acme 2.0.0"), f.running());
        assertEquals(List.of("retire acme 1.0.0 state 32", "close"), f.core.calls);
    }

    @Test
    void twoHundredFilesAtOnce() throws Exception {
        f.scanned();
        for (int i = 0; i < 200; i++) {
            Jars.driver("acme.d" + i, "1.0.0").writeTo(f.folder.resolve("d" + i + ".jar"));
        }
        f.deploy.rescan();
        assertEquals(200, f.running().size());
        try (var files = Files.newDirectoryStream(f.folder)) {
            for (Path file : files) {
                Files.delete(file);
            }
        }
        f.deploy.rescan();
        assertEquals(List.of(), f.ours());
    }

    @Test
    void folderThatComesLaterAndIsExchangedIsFollowed() throws Exception {
        Path moved = home.resolve("moved");
        Files.move(f.folder, moved);
        f.scanned();
        assertEquals(List.of(), f.deploy.files());
        Fixture.privateFolder(f.folder);
        Jars.driver("acme", "1.0.0").writeTo(f.folder.resolve("a.jar"));
        await().until(() -> f.state("a.jar").equals("active"));
        Files.move(f.folder, home.resolve("away"));
        await().until(() -> f.ours().isEmpty());
        Fixture.privateFolder(f.folder);
        Jars.driver("acme", "2.0.0").writeTo(f.folder.resolve("b.jar"));
        await().until(() -> f.running().equals(List.of("acme 2.0.0")));
        assertTrue(f.deploy.files().size() == 1);
    }
}
