// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.osgi.framework.Bundle;

/** A class loader that a collection of classes has left is told of; one that nobody has collected yet is not. */
class LeavingLoadersTest extends DeployedFolder {
    private final AtomicLong unloaded = new AtomicLong();

    private LeavingLoaders watching(Bundle bundle) {
        LeavingLoaders loaders = new LeavingLoaders(f.events, Duration.ZERO, unloaded::get);
        loaders.watch(bundle);
        return loaders;
    }

    @Test
    void loaderThatACollectionHasLeftIsToldOnce() throws Exception {
        Jars.driver("acme", "1.0.0").writeTo(file("acme.jar"));
        f.scanned();
        LeavingLoaders loaders = watching(f.ours().get(0));
        loaders.look();
        assertEquals(0, f.eventTypes().stream().filter("loader-kept"::equals).count(), "nothing was collected yet");
        unloaded.incrementAndGet();
        loaders.look();
        assertEquals(Long.MAX_VALUE, loaders.look());
        assertEquals(1, f.eventTypes().stream().filter("loader-kept"::equals).count());
    }

    @Test
    void loaderThatWasCollectedIsNotToldOf() throws Exception {
        Jars.driver("acme", "1.0.0").writeTo(file("acme.jar"));
        f.scanned();
        LeavingLoaders loaders = watching(f.ours().get(0));
        Files.delete(file("acme.jar"));
        f.deploy.rescan();
        await().until(() -> {
            System.gc();
            return loaders.look() == Long.MAX_VALUE;
        });
        unloaded.incrementAndGet();
        loaders.look();
        assertEquals(0, f.eventTypes().stream().filter("loader-kept"::equals).count());
    }
}
