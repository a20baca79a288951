// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.service.condition.Condition;
import org.osgi.service.repository.Repository;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.deploy.sample.HangingActivator;

class LifeCycleTest extends DeployedFolder {
    private int conditions() throws InvalidSyntaxException {
        return f.context().getServiceReferences(Condition.class, "(osgi.condition.id=vfio.deploy.scanned)").size();
    }

    @Test
    void conditionStandsOnceAllFilesPresentAreHandled() throws Exception {
        for (int i = 0; i < 20; i++) {
            Jars.driver("acme" + i, "1").writeTo(f.folder.resolve(i + ".jar"));
        }
        f.context().addServiceListener(event -> assertEquals(20, f.running().size()),
                "(osgi.condition.id=vfio.deploy.scanned)");
        f.start();
        await().until(() -> conditions() == 1);
        assertEquals(20, f.running().size());
    }

    @Test
    void emptyAndMissingFoldersDoNotHoldUpTheCondition() throws Exception {
        Files.delete(f.folder);
        f.start();
        await().until(() -> conditions() == 1);
    }

    @Test
    void fileThatIsNeverCompleteHoldsUpTheConditionOnlyForAWhile() throws Exception {
        f.patienceMillis = 200;
        Files.write(f.folder.resolve("a.jar"), new byte[] {'P', 'K', 3, 4});
        f.start();
        await().until(() -> conditions() == 1);
    }

    @Test
    void nothingIsLeftAfterTheEndButTheDriversThatRun() throws Exception {
        Jars.driver("acme", "1").writeTo(f.folder.resolve("a.jar"));
        Set<String> before = threads();
        f.scanned();
        DriverDeployment ended = f.deploy;
        f.end();
        await().until(() -> before.containsAll(threads()));
        assertEquals(0, f.staged().size());
        assertEquals(0, conditions());
        assertNull(f.context().getServiceReference(Repository.class));
        assertEquals(List.of("acme 1.0.0"), f.running());
        assertEquals(Errno.ENODEV, assertThrows(VfioException.class, ended::rescan).errno());
    }

    private static Set<String> threads() {
        return Thread.getAllStackTraces().keySet().stream().map(Thread::getName)
                .filter(name -> name.startsWith("vfio") || name.contains("FileSystemWatch")).collect(Collectors.toSet());
    }

    @Test
    void nextLifeTakesOverWhatRunsWithoutARestart() throws Exception {
        Jars.driver("acme", "1").writeTo(f.folder.resolve("a.jar"));
        Path other = Jars.driver("bcme", "1").writeTo(f.folder.resolve("b.jar"));
        f.scanned();
        List<Long> ids = f.ours().stream().map(bundle -> bundle.getBundleId()).toList();
        f.end();
        Files.delete(other);
        f.scanned();
        assertEquals(List.of("acme 1.0.0"), f.running());
        assertTrue(ids.contains(f.ours().get(0).getBundleId()));
        assertEquals(List.of("retire bcme 1.0.0 state 32", "close"), f.core.calls, "what has no file any more goes");
    }

    @Test
    void whatAFormerRunLeftStoppedIsInstalledAnew() throws Exception {
        Jars.driver("acme", "1").writeTo(f.folder.resolve("a.jar"));
        f.scanned();
        f.end();
        f.ours().get(0).stop();
        f.scanned();
        assertEquals(List.of("acme 1.0.0"), f.running());
        assertEquals(1, f.ours().size());
        assertEquals(List.of(), f.core.calls);
    }

    @Test
    void stagingIsPrivateAndCleanedAtTheStart() throws Exception {
        f.start();
        assertEquals(PosixFilePermissions.fromString("rwx------"), Files.getPosixFilePermissions(f.staging));
        f.end();
        Files.write(f.staging.resolve("0123.jar"), new byte[3]);
        Files.write(f.staging.resolve("copy1.tmp"), new byte[3]);
        f.scanned();
        assertEquals(0, f.staged().size());
    }

    @Test
    void folderOfOthersIsNeverEmptied() throws Exception {
        Path theirs = Files.createDirectories(f.staging).resolve("theirs.jar");
        Files.write(theirs, new byte[3]);
        String reason = assertThrows(IOException.class, f::start).getMessage();
        assertTrue(reason.contains("there are files in it that are not deployment's"), reason);
        assertTrue(Files.exists(theirs));
        Files.delete(theirs);
        Modes.set(f.staging, 0770);
        reason = assertThrows(IOException.class, f::start).getMessage();
        assertTrue(reason.contains("others may write it (mode 770"), reason);
        Modes.set(f.staging, 0700);
        f.scanned();
    }

    @Test
    void endComesWhileADriverHangs() throws Exception {
        f.startLimitMillis = 1000;
        Jars.driver("bad", "1").activator(HangingActivator.class).writeTo(f.folder.resolve("a.jar"));
        f.start();
        await().until(() -> !f.ours().isEmpty());
        f.end();
        assertTrue(threads().stream().noneMatch("vfio-deploy"::equals), threads().toString());
    }

    @Test
    void unreadablePinsAreNoPins() throws Exception {
        f.start();
        f.end();
        Files.writeString(f.staging.resolveSibling("staging.pins"), "acme=not a version\nbcme=1.0\nx=\\uZZZZ");
        assertEquals(List.of(), f.scanned().deploy.pins());
        f.end();
        Files.writeString(f.staging.resolveSibling("staging.pins"), "acme=not a version\nbcme=1.0\n");
        assertEquals("bcme", f.scanned().deploy.pins().get(0).symbolicName());
        assertEquals(1, f.deploy.pins().size());
    }

    @Test
    void operatorsLaterChangeDoesNotTouchTheStagedBuild() throws Exception {
        Path file = Jars.driver("acme", "1").writeTo(f.folder.resolve("a.jar"));
        f.scanned();
        Path staged = f.staged().get(0);
        byte[] before = Files.readAllBytes(staged);
        assertNotEquals(Files.getAttribute(file, "unix:ino"), Files.getAttribute(staged, "unix:ino"));
        Files.write(file, new byte[7]);
        assertEquals(before.length, Files.size(staged));
    }
}
