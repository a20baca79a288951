// SPDX-License-Identifier: Apache-2.0
package vfio.core.device;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import vfio.core.Errno;
import vfio.core.EventSignal;
import vfio.core.IrqRequest;
import vfio.core.VfioException;
import vfio.core.dirty.DirtyLog;
import vfio.core.feature.FeatureReply;
import vfio.core.feature.FeatureRequest;
import vfio.core.feature.Features;
import vfio.core.info.DeviceInfo;
import vfio.core.info.IrqInfo;
import vfio.core.internal.dirty.DirtyTracker;
import vfio.core.internal.dirty.HandleDirtyPages;
import vfio.core.internal.feature.DirtyLogFeatures;
import vfio.core.internal.feature.MigrationFeatures;
import vfio.core.internal.migration.HandleMigration;
import vfio.core.internal.migration.MigrationMachine;
import vfio.core.migration.MigrationOperations;
import vfio.core.thread.Deadline;

/**
 * A device from its first open to its last close: its regions, and the calls of its users that are under way. A user's call
 * runs the driver's code on the user's thread and is counted, so that the close can await the call's end.
 */
@CallPath(gated = "call")
final class OpenDevice {
    private final String name;
    private final Gate calls = new Gate();
    private final RegionTable regions;
    /** Null where the driver does not migrate. */
    private final MigrationMachine migration;
    /** Null where the driver logs nothing. */
    private final DirtyTracker dirtyPages;
    /** The core's own features, for which it calls the driver by itself: for who waits for an exchange, and who does not. */
    private final Features own;
    private final Features ownUnwaiting;
    /** The driver's answers; another driver's after an exchange. */
    private volatile DriverAnswers answers;
    /** The driver that is handing over: it is told to stay before any other call of it. Null for none. */
    private volatile VfioOperations handing;
    /** The state that the driver of before has handed over, where it lasts; else null. */
    private volatile byte[] lasting;
    private volatile boolean shut;

    /** Opens the device, on the driver's worker. An exception leaves nothing open. */
    OpenDevice(String name, Seat seat, Optional<UUID> vfToken) {
        this.name = name;
        VfioOperations operations = seat.operations();
        try {
            operations.openDevice(vfToken);
        } catch (Throwable e) {
            operations.openFailed();
            throw e;
        }
        try {
            answers = new DriverAnswers(name, seat, calls);
            regions = answers.regions();
            MigrationOperations migrates = answers.migration();
            migration = migrates == null ? null : new MigrationMachine(name, migrates, seat.worker(), seat.limit());
            DirtyLog log = answers.dirtyLog();
            dirtyPages = log == null ? null : new DirtyTracker(name, log, seat.worker(), seat.limit());
            own = ownFeatures(true);
            ownUnwaiting = ownFeatures(false);
        } catch (Throwable e) {
            operations.closeDevice();
            throw e;
        }
    }

    /**
     * Has the driver check the VF token of a further open.
     *
     * @throws VfioException the reason why another user with this token may not share the device
     */
    void admit(Optional<UUID> vfToken) {
        call("open ", true, operations -> {
            operations.admit(vfToken);
            return vfToken;
        });
    }

    RegionTable regions() {
        return regions;
    }

    MigratedBy migratedBy() {
        return answers.migratesElsewhere() ? MigratedBy.OTHER_SIDE
                : migration == null ? MigratedBy.NOBODY : MigratedBy.DRIVER;
    }

    /**
     * Returns the migration by the driver; empty where the driver does not migrate the device.
     *
     * @throws VfioException ENOTTY where the other side migrates the device, by device features alone; EDEADLK as
     *     {@link #refuseInAccess}
     */
    Optional<MigrationMachine> migration() {
        refuseInAccess("migrate ");
        refuseIfElsewhere(answers.migratesElsewhere(), "migration");
        return Optional.ofNullable(migration);
    }

    /**
     * Returns the dirty log by the driver; empty where the driver logs nothing.
     *
     * @throws VfioException ENOTTY where the other side logs the pages; EDEADLK as {@link #refuseInAccess}
     */
    Optional<DirtyTracker> dirtyPages() {
        refuseInAccess("log what is written of ");
        refuseIfElsewhere(answers.logsElsewhere(), "the dirty log");
        return Optional.ofNullable(dirtyPages);
    }

    /**
     * Refuses an act of the driver's worker from inside an access: the act would await the access, or the driver's locks that
     * the access holds.
     *
     * @throws VfioException EDEADLK where the calling thread is inside an access of a region
     */
    void refuseInAccess(String act) {
        if (regions.mine()) {
            throw OwnCalls.refused(act + name, "it would await");
        }
    }

    private void refuseIfElsewhere(boolean elsewhere, String what) {
        if (elsewhere) {
            throw new VfioException(Errno.ENOTTY, what + " of " + name + " is the other side's, and is used by its device "
                    + "features");
        }
    }

    private Features ownFeatures(boolean waits) {
        Features all = Features.NONE;
        if (migration != null) {
            all = all.with(MigrationFeatures.of(new HandleMigration(name, waits, this::migration)));
        }
        if (dirtyPages != null) {
            all = all.with(DirtyLogFeatures.of(new HandleDirtyPages(name, waits, this::dirtyPages)));
        }
        return all;
    }

    /**
     * Answers a feature inside the gate; migration and the dirty log wait for the driver by themselves and end when the
     * device is closed, so they are answered outside.
     */
    FeatureReply feature(boolean waits, FeatureRequest request) {
        return call("a feature of ", waits, operations -> answers.features().forward(request)).orElseGet(() ->
                own.has(request.number()) && !answers.features().has(request.number())
                        ? (waits ? own : ownUnwaiting).answer(request)
                        : call("a feature of ", waits, operations -> answers.features().answer(request)));
    }

    /** Takes note that the device was reset: the device runs, and its migration streams are dead. Never waits. */
    void wasReset() {
        if (migration != null) {
            migration.afterReset();
        }
    }

    DeviceInfo info(boolean waits) {
        return call("get info of ", waits, operations -> answers.info());
    }

    IrqInfo irqInfo(boolean waits, int index) {
        return call("get interrupt info of ", waits, operations -> answers.irqInfo(index).orElseThrow(() -> new VfioException(
                Errno.EINVAL, "get interrupt info of " + name + ": it has no interrupt index "
                        + Integer.toUnsignedString(index) + "; there are " + answers.irqs())));
    }

    int setIrqs(boolean waits, IrqRequest request) {
        return call("set interrupts of ", waits, operations -> {
            // 0 for an index that the device does not have, as in vfio_pci_get_irq_count
            request.check(answers.irqs(), answers.irqInfo(request.index()).map(IrqInfo::count).orElse(0));
            return operations.setIrqs(request);
        });
    }

    void ioEvent(boolean waits, int region, long offset, int width, long value, EventSignal signal) {
        call("set a signal that writes of ", waits, operations -> {
            operations.ioEvent(region, offset, width, value, signal);
            return width;
        });
    }

    /** Asks the device's users to let go, by the driver; an exception of the driver is logged. */
    void request(int count) {
        try {
            call("request ", true, operations -> {
                operations.request(count);
                return count;
            });
        } catch (VfioException e) {
            if (e.errno() != Errno.ENODEV) { // else the device was closed meanwhile: nobody is left to ask
                System.getLogger(OpenDevice.class.getName()).log(System.Logger.Level.WARNING, e.getMessage());
            }
        }
    }

    /**
     * Runs a call inside the gate; {@link CallPath} names this method, which is on the stack while a user's call is under
     * way.
     */
    private <T> T call(String act, boolean waits, Function<VfioOperations, T> call) {
        if (!calls.enter(waits)) {
            throw new VfioException(Errno.ENODEV, act + name + ": the device was closed or revoked; open it again");
        }
        Seat seat = answers.seat();
        try {
            T answer = call.apply(seat.operations());
            if (answer == null) {
                throw seat.worker().lied(Errno.EIO, act + name + ": the driver answered null");
            }
            return answer;
        } catch (Throwable e) { // a driver may throw anything
            throw seat.worker().thrown(act + name, e);
        } finally {
            calls.leave();
        }
    }

    DriverAnswers answers() {
        return answers;
    }

    /** Returns the migration by the driver for its exchange; null where the driver does not migrate. */
    MigrationMachine migrationMachine() {
        return migration;
    }

    /** Returns the dirty log by the driver for its exchange; null where the driver logs nothing. */
    DirtyTracker dirtyTracker() {
        return dirtyPages;
    }

    /** Returns what stands in the way of an exchange, besides calls. */
    Optional<String> standsInTheWay() {
        return Optional.ofNullable(migration).flatMap(MigrationMachine::standsInTheWay)
                .or(() -> dirtyPages != null && dirtyPages.runs() ? Optional.of("its dirty log runs") : Optional.empty())
                .or(() -> answers.ownMemory().map(region -> "the memory of " + region
                        + " is an object of the driver's own class"));
    }

    Gate calls() {
        return calls;
    }

    /** Returns the gates in front of the driver: that of the device's calls, then those of its regions. */
    List<Gate> gates() {
        List<Gate> gates = new ArrayList<>(regions.gates());
        gates.add(0, calls);
        return gates;
    }

    /**
     * Has another driver, which answers the same facts, serve the device from now on; assignments only. Nobody is inside a
     * gate, and the turns of migration and dirty log are held.
     *
     * @param given the state that the driver of before has handed over, where it lasts; else null
     */
    void install(DriverAnswers next, byte[] given) {
        Seat seat = next.seat();
        regions.install(next.regions());
        if (migration != null) {
            migration.rebind(next.migration(), seat.worker(), seat.limit());
        }
        if (dirtyPages != null) {
            dirtyPages.rebind(next.dirtyLog(), seat.worker(), seat.limit());
        }
        answers = next;
        handing = null;
        lasting = given;
    }

    /** Returns the lasting state that the driver of before has given; null where it gave none. */
    byte[] lasting() {
        return lasting;
    }

    void forget() {
        lasting = null;
    }

    /** Has the driver hand over, on its worker. */
    DriverState handOver(int version) {
        handing = answers.seat().operations();
        return handing.handOver(version);
    }

    /** Has a driver that hands over go on, on its worker; whatever it throws it has the device all the same. */
    void stay() {
        VfioOperations staying = handing;
        handing = null;
        if (staying != null) {
            try {
                staying.stay();
            } catch (Throwable e) { // a driver may throw anything
                System.getLogger(OpenDevice.class.getName()).log(System.Logger.Level.WARNING,
                        answers.seat().worker().thrown("stay with " + name, e).getMessage());
            }
        }
    }

    /** Lets no call in any more. */
    void shut() {
        shut = true;
        calls.shut();
        regions.close();
        if (migration != null) {
            migration.end();
        }
        if (dirtyPages != null) {
            dirtyPages.end();
        }
    }

    boolean isShut() {
        return shut;
    }

    /** Tells whether the calling thread is inside a call through the device. */
    boolean mine() {
        return calls.mine() || regions.mine();
    }

    /** Waits for the calls of other threads that are under way, as long as {@code patience} at the most. */
    void awaitEmpty(Duration patience) {
        Deadline deadline = Deadline.in(patience);
        calls.awaitEmpty(patience);
        regions.awaitEmpty(deadline.left());
    }

    /** Closes the device, on the driver's worker; a driver in the middle of a hand-over is told first that it stays. */
    void close() {
        stay();
        try {
            regions.release();
        } finally {
            abandon();
            answers.seat().operations().closeDevice();
        }
    }

    /** Drops a driver that is not called any more. */
    void abandon() {
        regions.abandon();
    }
}
