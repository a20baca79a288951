// SPDX-License-Identifier: Apache-2.0
package vfio.testkit;

import static java.util.stream.Collectors.toSet;

import java.time.Duration;
import java.util.List;
import java.util.Set;

/** The threads of this process at one moment, and which have been added since; for one test. */
final class Threads {
    /** Those of the cores, the JDK's pools and its compilers: they come and go by themselves. */
    private static final List<String> OTHERS = List.of("vfio-driver ", "vfio-request ", "vfio-emulated",
            "ForkJoinPool.commonPool", "CompletableFutureDelayScheduler", "Common-Cleaner", "process reaper", "contract ");

    private final Duration patience;
    private final Set<Thread> before = alive();

    /** @param patience how long threads have to end */
    Threads(Duration patience) {
        this.patience = patience;
    }

    private static Set<Thread> alive() {
        return Thread.getAllStackTraces().keySet().stream().filter(Thread::isAlive)
                .filter(thread -> OTHERS.stream().noneMatch(thread.getName()::startsWith)).collect(toSet());
    }

    private Set<Thread> added() {
        Set<Thread> added = alive();
        added.removeAll(before);
        return added;
    }

    /** Names of those that were started since and do not end. */
    List<String> left() {
        return Facts.comes(patience, () -> added().isEmpty()) ? List.of() : added().stream().map(Thread::getName).toList();
    }
}
