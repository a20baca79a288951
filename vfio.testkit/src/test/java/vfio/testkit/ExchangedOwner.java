// SPDX-License-Identifier: Apache-2.0
package vfio.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.pci.core.PciDriver;
import vfio.pci.core.PciFunctionOwner;
import vfio.pci.core.VfioPciDevice;

/** A function on a rig whose owner is exchanged, version by version. */
abstract class ExchangedOwner {
    /** A version of the driver. */
    interface Version {
        PciFunctionOwner of(VfioPciDevice device);
    }

    final List<Version> versions = new ArrayList<>();
    final List<PciFunctionOwner> made = new ArrayList<>();
    final Rig rig = CommandModel.rig(this::next, Duration.ofSeconds(5)).state("1");

    PciDriver next() {
        int number = made.size();
        Version version =
                number < versions.size() ? versions.get(number) : Doubling::new;
        return (device, id) -> {
            PciFunctionOwner owner = version.of(device);
            made.add(owner);
            return owner;
        };
    }

    Doubling owner(int number) {
        return (Doubling) made.get(number);
    }

    void bind(Version... all) {
        Collections.addAll(versions, all);
        rig.bind();
    }

    @AfterEach
    void close() {
        rig.close();
    }

    VfioException refused() {
        return assertThrows(VfioException.class, rig::exchange);
    }

    void exchanged() {
        for (int tries = 0;; tries++) {
            try {
                rig.exchange();
                return;
            } catch (VfioException e) {
                if (e.errno() != Errno.EBUSY || tries > 20) {
                    throw e;
                }
            }
        }
    }

    static Thread thread(AtomicReference<Throwable> failure, Runnable loop) {
        Thread thread = new Thread(() -> {
            try {
                loop.run();
            } catch (Throwable e) {
                failure.compareAndSet(null, e);
            }
        });
        thread.start();
        return thread;
    }

    void goesOn() {
        assertSame(made.get(0), rig.binding());
        assertEquals(10, rig.offered(Doubler.class).doubled(5));
        owner(0).bar.write64(CommandModel.SCRATCH, 7);
        assertEquals(7, owner(0).bar.read64(CommandModel.SCRATCH));
        assertTrue(owner(0).calls.contains("stay"), owner(0).calls.toString());
    }

    static void await(CountDownLatch latch) {
        try {
            latch.await(30, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
