// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceEvent;
import org.osgi.service.condition.Condition;
import vfio.deploy.sample.HangingActivator;
import vfio.deploy.sample.LateActivator;

/** Drivers that hang hurt nobody else, and serve nothing once they were given up. */
class HangingTest extends DeployedFolder {
    private static final String SAMPLES = "(sample=*)";

    @AfterEach
    @Override
    void stop() throws Exception {
        super.stop();
        System.clearProperty("sample.stopped");
    }

    /** Hooks leave the framework's own context alone, so what others see is asked of another bundle's. */
    private BundleContext other() throws Exception {
        Path jar = Jars.driver("other", "1").header("Provide-Capability", null).writeTo(home.resolve("other.jar"));
        Bundle bundle = f.context().installBundle(jar.toUri().toString());
        bundle.start();
        return bundle.getBundleContext();
    }

    @Test
    void bundleThatStartsTooLateServesNothingAndIsRemovedWhenItsStartReturns() throws Exception {
        BundleContext other = other();
        List<Object> seen = new CopyOnWriteArrayList<>();
        other.addServiceListener(event -> {
            if (event.getType() == ServiceEvent.REGISTERED) {
                seen.add(event.getServiceReference().getProperty("sample"));
            }
        }, SAMPLES);
        f.startLimitMillis = 300;
        Jars.driver("acme", "1.0.0").writeTo(file("a.jar"));
        f.scanned();
        Jars.driver("acme", "2.0.0").activator(LateActivator.class).writeTo(file("b.jar"));
        f.deploy.rescan();
        assertEquals("failed", f.state("b.jar"));
        assertEquals(List.of("early"), seen);
        assertEquals(0, other.getServiceReferences(Runnable.class, SAMPLES).size());
        assertTrue(f.core.calls.contains("give up acme"), f.core.calls.toString());
        System.setProperty("sample.release", "now");
        await().until(() -> f.ours().size() == 1);
        assertEquals("yes", System.getProperty("sample.stopped"));
        assertEquals(List.of("early"), seen, "what it registered late was seen by nobody");
        assertEquals(List.of("acme 1.0.0"), f.running());
        assertEquals("failed", f.state("b.jar"));
    }

    @Test
    void sameFileCopiedAgainWhileItHangsIsNotWaitedFor() throws Exception {
        f.startLimitMillis = 300;
        byte[] jar = Jars.driver("acme", "2.0.0").activator(LateActivator.class).bytes();
        Files.write(file("a.jar"), jar);
        f.scanned();
        Files.delete(file("a.jar"));
        f.deploy.rescan();
        Files.write(file("a.jar"), jar);
        f.deploy.rescan();
        assertEquals("failed", f.state("a.jar"));
        assertTrue(f.row("a.jar").reason().contains("still hangs"), f.row("a.jar").reason());
        System.setProperty("sample.release", "now");
        await().until(() -> f.ours().isEmpty());
        Files.delete(file("a.jar"));
        f.deploy.rescan();
        Files.write(file("a.jar"), jar);
        f.deploy.rescan();
        assertEquals("active", f.state("a.jar"), f.row("a.jar").reason());
    }

    @Test
    void filesBehindOnesThatHangAreDeployedMeanwhile() throws Exception {
        f.startLimitMillis = 60_000;
        for (int i = 0; i < 4; i++) {
            Jars.driver("bad" + i, "1.0.0").activator(HangingActivator.class).writeTo(file("a" + i + ".jar"));
        }
        Jars.driver("good", "1.0.0").writeTo(file("b.jar"));
        f.start();
        await().until(() -> f.state("b.jar").equals("active"));
        await().until(() -> "starting".equals(f.row("a3.jar").reason()));
        assertEquals("waiting", f.state("a0.jar"));
        Jars.driver("later", "1.0.0").writeTo(file("c.jar"));
        await().until(() -> f.state("c.jar").equals("active"));
        System.setProperty("sample.release", "now");
        await().until(() -> f.running().size() == 6);
    }

    @Test
    void conditionWaitsNoLongerThanOneLimitForAllThatHang() throws Exception {
        f.startLimitMillis = 1000;
        for (int i = 0; i < 8; i++) {
            Jars.driver("bad" + i, "1.0.0").activator(HangingActivator.class).writeTo(file("a" + i + ".jar"));
        }
        f.start();
        await().until(() -> !f.context()
                .getServiceReferences(Condition.class, "(osgi.condition.id=vfio.deploy.scanned)").isEmpty());
    }

    @Test
    void upgradeThatHangsKeepsNoOtherDriverWaiting() throws Exception {
        Jars.driver("acme", "1.0.0").writeTo(file("a.jar"));
        f.scanned();
        Jars.driver("acme", "2.0.0").activator(HangingActivator.class).writeTo(file("a2.jar"));
        await().until(() -> f.state("a2.jar").equals("waiting"));
        Jars.driver("bcme", "1.0.0").writeTo(file("b.jar"));
        await().until(() -> f.state("b.jar").equals("active"));
        assertEquals("waiting", f.state("a2.jar"));
        assertEquals("active", f.state("a.jar"), "until the other has taken over");
        assertFalse(f.eventTypes().contains("bundle-superseded"));
        System.setProperty("sample.release", "now");
        await().until(() -> f.running().equals(List.of("acme 2.0.0", "bcme 1.0.0")));
    }
}
