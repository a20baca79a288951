// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.bus;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import vfio.core.Thrown;
import vfio.core.thread.DaemonThread;
import vfio.hardware.linux.binding.HostSide;
import vfio.hardware.linux.device.HostDevices;
import vfio.hardware.linux.guard.GuardedFunction;
import vfio.hardware.linux.sysfs.SysfsDirectory;
import vfio.pci.core.bus.PciBus.Listener;
import vfio.pci.core.id.PciAddress;

/**
 * The announcements of this host's functions to one listener: a first scan, and then a thread that looks for changes until
 * the close.
 *
 * <p>The kernel's events wake it at once. Where they cannot be had, a change is noticed by {@code kernel/uevent_seqnum}, a
 * number that every plugged or unplugged device moves: as long as it stands still, a look costs one read of a few bytes. A
 * scan is followed by a pause in proportion, so that a storm of events cannot cost more than a share of the time.
 */
final class Announcements implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Announcements.class.getName());
    /** A scan takes at most one part in so many of the time, unless the pause would grow too long for a person. */
    private static final int SHARE = 5000;
    private static final int LONGEST_PAUSE = 5;
    /** The same after a scan that an event woke: it found what it was woken for. */
    private static final int WOKEN_SHARE = 10;

    /** The kernel's form of a name; PciAddress reads more forms, which would name one function twice. */
    private static final Pattern NAME =
            Pattern.compile("(?:[0-9a-f]{4}|[1-9a-f][0-9a-f]{4,7}):[0-9a-f]{2}:[01][0-9a-f]\\.[0-7]");

    private record Present(SysfsDirectory directory, String identity) {
    }

    private final SysfsDirectory devices;
    private final SysfsDirectory kernel;
    private final KernelDrivers kernelDrivers;
    private final HostDevices vfio;
    private final HostSide side;
    private final Listener listener;
    private final long pause;
    private final PendingChanges pending = new PendingChanges();
    /** Guarded by this, as is every call of the listener. */
    private final SortedMap<PciAddress, String> announced = new TreeMap<>();
    private String problem;
    private String sequence;
    private volatile boolean closed;
    private volatile Runnable events = () -> { };

    /** @param pause the shortest time between two looks; the longest is five times as long */
    Announcements(Path sysfs, KernelDrivers kernelDrivers, HostDevices vfio, HostSide side, Listener listener,
            Duration pause) {
        devices = new SysfsDirectory(sysfs.resolve("bus/pci/devices"));
        kernel = new SysfsDirectory(sysfs.resolve("kernel"));
        this.kernelDrivers = kernelDrivers;
        this.vfio = vfio;
        this.side = side;
        this.listener = listener;
        this.pause = pause.toNanos();
    }

    /**
     * Announces the functions that are present before it returns, and changes from then on.
     *
     * @param hearing whether the kernel's events wake the thread, too
     */
    void start(boolean hearing) {
        if (hearing) {
            events = KernelEvents.wake(this);
        }
        if (closed) {
            events.run(); // close came before they were there
        }
        tell(side::settle);
        scan();
        DaemonThread.start("vfio-linux-bus", this::watch);
    }

    private void watch() {
        long cost = 0;
        try {
            while (pending.await(cost * WOKEN_SHARE, Math.min(LONGEST_PAUSE * pause, Math.max(pause, cost * SHARE)))) {
                cost = look();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // nobody here interrupts: whoever did wants the thread to end
        }
    }

    /** Scans where something may have changed; returns the nanoseconds that the scan took, 0 for none. */
    synchronized long look() {
        PendingChanges.Changes heard = pending.take();
        // Unreadable means unknown: then each look is a scan, and the pause alone bounds the cost.
        long cost = heard.scan() || sequence == null || !sequence.equals(readSequence()) ? scan() : 0;
        Collection<PciAddress> rebound = heard.lost() ? List.copyOf(announced.keySet()) : heard.rebound();
        rebound.stream().filter(announced::containsKey).forEach(address -> {
            tell(() -> side.rebound(new GuardedFunction(address, devices.child(address.toString()))));
            tell(() -> listener.rebound(address));
        });
        return cost;
    }

    /** Takes an event of the kernel about a function. */
    void heard(String action, String name) {
        if (NAME.matcher(name).matches()) {
            pending.add(action.equals("bind") || action.equals("unbind") ? PciAddress.parse(name) : null);
        }
    }

    /** Takes notice that events of the kernel were lost. */
    void lost() {
        pending.lose();
    }

    private String readSequence() {
        return kernel.line("uevent_seqnum", warning -> { }).orElse(null);
    }

    /** Announces the changes; returns the nanoseconds that looking took. */
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

    /** Logs a problem once, not at every look. */
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
            if (now == null || !now.identity.equals(announced.get(address))) {
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
        LinuxFunction function = new LinuxFunction(address, found.directory, kernelDrivers, vfio, side);
        if (found.directory.identity().isPresent()) { // gone while it was read: it was never here
            announced.put(address, found.identity);
            tell(() -> listener.added(function));
        }
    }

    private SortedMap<PciAddress, Present> present() throws IOException {
        SortedMap<PciAddress, Present> present = new TreeMap<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(devices.path())) {
            for (Path entry : entries) {
                String name = entry.getFileName().toString();
                if (NAME.matcher(name).matches()) {
                    SysfsDirectory directory = new SysfsDirectory(entry);
                    directory.identity().ifPresent(
                            identity -> present.put(PciAddress.parse(name), new Present(directory, identity)));
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return present;
    }

    private void tell(Runnable call) {
        if (closed) {
            return;
        }
        try {
            call.run();
        } catch (Throwable e) { // code of others may throw anything
            LOG.log(Level.WARNING, "an announcement of the linux bus failed", Thrown.copy(e));
        }
    }

    boolean isClosed() {
        return closed;
    }

    /** Ends the announcements: after the return no call of the listener is under way on another thread, and none begins. */
    @Override
    public void close() {
        closed = true;
        events.run();
        pending.close();
        synchronized (this) {
            return; // whoever held it has seen the end
        }
    }
}
