// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import vfio.pci.core.PciAddress;
import vfio.pci.core.bus.PciBus.Listener;

/**
 * What one listener is told. Made with a first scan; then a thread of its own looks for changes until it is closed.
 *
 * <p>Without the kernel's netlink socket a change is noticed by {@code kernel/uevent_seqnum}, a number that every
 * plugged or unplugged device moves: as long as it stands still, a look costs one read of a few bytes. A scan that found
 * work to do is followed by a pause in proportion, so that a storm of events cannot cost more than a share of the time.
 */
final class Announcements implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Announcements.class.getName());
    /** A scan takes at most one part in so many of the time: 0.02 %. */
    private static final int SHARE = 5000;
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);

    private record Present(SysfsDirectory directory, Object identity) {
    }

    private final SysfsDirectory devices;
    private final SysfsDirectory kernel;
    private final KernelDrivers kernelDrivers;
    private final Listener listener;
    private final Duration pause;
    /** Guarded by this, as is every call of the listener. */
    private final SortedMap<PciAddress, Object> announced = new TreeMap<>();
    private String problem;
    private String sequence;
    private volatile boolean closed;

    /** @param pause the shortest time between two looks */
    Announcements(Path sysfs, KernelDrivers kernelDrivers, Listener listener, Duration pause) {
        devices = new SysfsDirectory(sysfs.resolve("bus/pci/devices"));
        kernel = new SysfsDirectory(sysfs.resolve("kernel"));
        this.kernelDrivers = kernelDrivers;
        this.listener = listener;
        this.pause = pause;
    }

    /** Announces what is present before it returns, and changes from then on. */
    void start() {
        long cost = scan();
        Thread watching = new Thread(() -> watch(cost), "vfio-linux-bus");
        watching.setDaemon(true);
        watching.start();
    }

    private void watch(long firstCost) {
        long cost = firstCost;
        try {
            while (pause(Math.min(LONGEST_PAUSE.toNanos(), Math.max(pause.toNanos(), cost * SHARE)))) {
                // Unreadable means unknown: then each look is a scan, and the pause alone bounds the cost.
                cost = sequence == null || !sequence.equals(readSequence()) ? scan() : 0;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // nobody here interrupts: whoever did wants the thread to end
        }
    }

    /** Whether to go on after it. */
    private synchronized boolean pause(long nanos) throws InterruptedException {
        long end = System.nanoTime() + nanos;
        for (long left = nanos; left > 0 && !closed; left = end - System.nanoTime()) {
            wait(left / 1_000_000, (int) (left % 1_000_000));
        }
        return !closed;
    }

    private String readSequence() {
        return kernel.line("uevent_seqnum", warning -> { }).orElse(null);
    }

    /** Announces what has changed; answers how long looking took, in nanoseconds. */
    private synchronized long scan() {
        long begin = System.nanoTime();
        sequence = readSequence(); // before looking: what happens meanwhile moves it on
        SortedMap<PciAddress, Present> present;
        try {
            present = present();
            problem = null;
        } catch (IOException e) {
            report(e);
            // A host without PCI has no functions; one that cannot be looked at still has those it had.
            present = e instanceof NoSuchFileException ? new TreeMap<>() : null;
        }
        long cost = System.nanoTime() - begin;
        if (present != null) {
            announce(present);
        }
        return cost;
    }

    /** Says it once, not at every look. */
    private void report(IOException e) {
        String text = SysfsDirectory.reason(e);
        if (!text.equals(problem)) {
            problem = text;
            LOG.log(Level.WARNING, "cannot list " + devices.path() + ": " + text
                    + "; the linux bus finds no functions until it can");
        }
    }

    private void announce(SortedMap<PciAddress, Present> present) {
        for (PciAddress address : announced.keySet().toArray(PciAddress[]::new)) {
            Present now = present.get(address);
            if (now == null || !Objects.equals(now.identity, announced.get(address))) {
                announced.remove(address);
                tell(() -> listener.removed(address));
            }
        }
        present.forEach((address, found) -> {
            if (!closed && !announced.containsKey(address)) {
                add(address, found);
            }
        });
    }

    private void add(PciAddress address, Present found) {
        LinuxFunction function = new LinuxFunction(address, found.directory, kernelDrivers);
        if (!found.directory.isGone()) { // gone while it was read: it was never here
            announced.put(address, found.identity);
            tell(() -> listener.added(function));
        }
    }

    private SortedMap<PciAddress, Present> present() throws IOException {
        SortedMap<PciAddress, Present> present = new TreeMap<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(devices.path())) {
            for (Path entry : entries) {
                PciAddress address = address(entry.getFileName().toString());
                SysfsDirectory directory = new SysfsDirectory(entry);
                if (address != null && !directory.isGone()) {
                    present.put(address, new Present(directory, directory.identity()));
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return present;
    }

    /** Null for a name that the kernel would not give a function. */
    private static PciAddress address(String name) {
        try {
            PciAddress address = PciAddress.parse(name);
            return address.toString().equals(name) ? address : null;
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private void tell(Runnable call) {
        if (closed) {
            return;
        }
        try {
            call.run();
        } catch (RuntimeException e) {
            LOG.log(Level.WARNING, "a listener of the linux bus failed", e);
        }
    }

    boolean isClosed() {
        return closed;
    }

    /** When this returns, no call of the listener is under way on another thread, nor comes one. */
    @Override
    public void close() {
        closed = true;
        synchronized (this) {
            notifyAll();
        }
    }
}
