// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.fault;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import vfio.core.SharedMemory;

/**
 * What one version of a driver does, and what was done with it. The script holds the core to its promises: which call follows
 * which, and that only the version that has the device is called by users.
 */
public final class Script {
    /** What the core has made of a version. */
    private enum Life { NEW, PROBED, OPEN, HANDING, GONE }

    public final String name;
    public volatile Fact lie = Fact.NONE;
    /** Whether the state that the version hands over is one to go on from later. */
    public volatile boolean lasting;
    public final List<String> calls = new CopyOnWriteArrayList<>();
    /** The calls that must not have come. */
    public final List<String> violations = new CopyOnWriteArrayList<>();
    public final AtomicLong writes = new AtomicLong();
    /** Memory of the device, that of all versions. */
    public final SharedMemory memory;
    private final Map<Step, Fault> faults = new ConcurrentHashMap<>();
    private final Map<Step, Runnable> hooks = new ConcurrentHashMap<>();
    private final CountDownLatch release;
    private Life life = Life.NEW;

    /** @param release ends what hangs */
    public Script(String name, SharedMemory memory, CountDownLatch release) {
        this.name = name;
        this.memory = memory;
        this.release = release;
    }

    public Script with(Step step, Fault wrong) {
        faults.put(step, wrong);
        return this;
    }

    /** Has a test's act done at a step, once, before the fault happens. */
    public void at(Step step, Runnable act) {
        hooks.put(step, act);
    }

    /** Returns the fault of a step. */
    public Fault fault(Step step) {
        return faults.getOrDefault(step, Fault.NONE);
    }

    public void step(Step step) {
        called(step.name());
        Runnable hook = hooks.remove(step);
        if (hook != null) {
            hook.run();
        }
        fault(step).happen(this);
    }

    private void called(String call) {
        calls.add(call);
    }

    public synchronized void probed() {
        life = Life.PROBED;
    }

    public synchronized void opened() {
        becomes("open", Life.OPEN, Life.PROBED);
    }

    public synchronized void handing() {
        becomes("hand over", Life.HANDING, Life.OPEN);
    }

    public synchronized void stayed() {
        becomes("stay", Life.OPEN, Life.HANDING);
    }

    /** A version lets go that has handed over, or has taken over in vain. */
    public synchronized void letGo() {
        becomes("handed over", Life.PROBED, Life.HANDING, Life.OPEN);
    }

    public synchronized void closed() {
        becomes("close", Life.PROBED, Life.OPEN);
    }

    public synchronized void removed() {
        becomes("remove", Life.GONE, Life.PROBED);
    }

    private void becomes(String call, Life next, Life... from) {
        if (!List.of(from).contains(life)) {
            violations.add(call + " of a version that is " + life + ", after " + calls);
        }
        life = next;
    }

    /** A user's call. */
    public synchronized void used(String call) {
        if (life != Life.OPEN) {
            violations.add(call + " of a version that is " + life + ", after " + calls);
        }
    }

    /** Takes a time, unless the test is over. */
    public void spend(long millis) {
        try {
            release.await(millis, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    public void hang(boolean stubborn) {
        while (true) {
            try {
                release.await();
                return;
            } catch (InterruptedException e) {
                if (!stubborn) {
                    throw new IllegalStateException("interrupted", e);
                }
            }
        }
    }

    @Override
    public String toString() {
        return name + " " + calls;
    }
}
