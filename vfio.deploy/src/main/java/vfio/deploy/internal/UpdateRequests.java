// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Function;
import java.util.function.Supplier;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.VfioException.Kind;
import vfio.core.text.Spelling;
import vfio.deploy.UpdateAdmin;
import vfio.deploy.internal.Holds.Hold;
import vfio.deploy.internal.Holds.Why;
import vfio.deploy.internal.LiveUpdate.Phase;
import vfio.pci.core.admin.DriverUpdate.Step;

/**
 * The operator's facet of live updates. A request is made on the deploy thread, and answered when what it has begun is over.
 */
final class UpdateRequests implements UpdateAdmin {
    /** The phases in which no function is with the former build: a reason says what is wrong all the same. */
    private static final Set<String> DONE = Set.of("soaking", "done");

    private final DeployLoop loop;
    private final Reconciler reconciler;
    private final OpenUpdates updates;
    private final Wishes wishes;
    private final Journal journal;
    private final DryRun dryRun;
    private final PauseHistogram pauses;

    UpdateRequests(DeployLoop loop, Reconciler reconciler, OpenUpdates updates, Wishes wishes, Journal journal, DryRun dryRun,
            PauseHistogram pauses) {
        this.loop = loop;
        this.reconciler = reconciler;
        this.updates = updates;
        this.wishes = wishes;
        this.journal = journal;
        this.dryRun = dryRun;
        this.pauses = pauses;
    }

    @Override
    public List<UpdateRow> updates() {
        return updates.rows();
    }

    @Override
    public Pauses pauses() {
        return pauses.read();
    }

    @Override
    public List<StepRow> plan(String driver) {
        CompletableFuture<List<Step>> answer = ask("plan", driver, this::asked);
        try {
            return answer.join().stream()
                    .map(step -> new StepRow(PlainText.plain(step.function()), PlainText.plain(step.driver()), step.way(),
                            step.users().stream().map(PlainText::plain).toList(),
                            step.obstacle() == null ? null : PlainText.plain(step.obstacle()))).toList();
        } catch (CompletionException e) {
            throw e.getCause() instanceof VfioException known ? known
                    : new VfioException(Errno.EIO, "plan " + driver + ": " + PlainText.causes(e.getCause()));
        }
    }

    /** Begins a plan; the answer is there when the request is answered. */
    private CompletableFuture<List<Step>> asked(String name) {
        RunningBuild now = reconciler.running(name);
        Optional<WantedBuild> wanted = reconciler.wantedOfAll(name);
        LiveUpdate open = updates.of(name);
        if (now == null || wanted.isEmpty() || wanted.get().build().equals(now.build())) {
            if (open == null || open.phase() != Phase.MIXED) {
                throw nothing("plan", name);
            }
            return CompletableFuture.completedFuture(open.plan());
        }
        if (open != null) {
            throw busy("plan", name);
        }
        CompletableFuture<List<Step>> answer = new CompletableFuture<>();
        reconciler.beside(name, () -> {
            try {
                answer.complete(dryRun.of(now, wanted.get().build()));
            } catch (RuntimeException | Error e) { // thrown again to the asker
                answer.completeExceptionally(e);
            }
        });
        return answer;
    }

    @Override
    public UpdateRow update(String driver, Optional<Policy> policy) {
        return this.<Supplier<UpdateRow>>ask("update", driver, name -> {
            reconciler.files().retake(name);
            RunningBuild now = reconciler.running(name);
            Optional<WantedBuild> wanted = reconciler.free(name);
            Optional<Hold> hold = wishes.hold(name);
            boolean other = wanted.isPresent() && (now == null || !wanted.get().build().equals(now.build()));
            if (other) {
                policy.ifPresent(chosen -> updates.policy(name, chosen));
                if (hold.filter(one -> one.why() == Why.HELD).isPresent()) {
                    wishes.hold(wanted.get().build(), Why.HELD, null);
                } else {
                    wishes.unhold(name);
                }
                return answer("update " + driver, wanted.get().build());
            }
            LiveUpdate open = updates.of(name);
            if (open == null || open.phase() != Phase.MIXED) {
                return () -> already(name, now, open);
            }
            reconciler.act(open, () -> open.again(policy));
            return answer("update " + driver, open.to());
        }).get();
    }

    private Supplier<UpdateRow> answer(String what, Build target) {
        return () -> done(what, target);
    }

    /** Returns the row of an update that has nothing to do. */
    private static UpdateRow already(String name, RunningBuild now, LiveUpdate open) {
        if (now == null) {
            throw nothing("update", name);
        }
        return new UpdateRow(name, open == null ? "done" : open.row().phase(), open == null ? null : open.row().from(),
                now.build().versionAndDigest(), 0, 0, "no other build of it is wanted than the one that runs");
    }

    @Override
    public UpdateRow rollback(String driver) {
        return done("rollback " + driver, ask("rollback", driver, name -> {
            RunningBuild now = reconciler.running(name);
            LiveUpdate open = updates.of(name);
            Optional<Build> before = open != null ? Optional.of(open.former().build())
                    : now == null ? Optional.empty() : journal.before(now.build());
            Build target = before.filter(build -> open != null || wishes.isHere(build, reconciler.files().usable(name)))
                    .orElseThrow(() -> new VfioException(Errno.ENOENT, "rollback " + name
                            + ": no build before the running one is kept"));
            wishes.hold(target, Why.ROLLED_BACK, null);
            return target;
        }));
    }

    @Override
    public void hold(String driver) {
        loop.ask("hold " + driver, () -> {
            String name = name(driver);
            Build build = reconciler.runningOrComing(name);
            if (build == null) {
                throw new VfioException(Errno.ENODEV, "hold " + name + ": no build of it runs; see files");
            }
            wishes.hold(build, Why.HELD, null);
            return null;
        });
    }

    @Override
    public void unhold(String driver) {
        loop.ask("unhold " + driver, () -> {
            wishes.unhold(name(driver));
            return null;
        });
    }

    @Override
    public List<HoldRow> holds() {
        return wishes.holds().stream().map(hold -> new HoldRow(hold.build().symbolicName(), hold.build().versionAndDigest(),
                hold.reason())).toList();
    }

    /** Asks for something about a driver that no transaction is under way for; a look at its open update is waited for. */
    private <T> T ask(String what, String driver, Function<String, T> act) {
        while (true) {
            Optional<T> answer = loop.ask(what + " " + driver, () -> {
                String name = name(driver);
                if (reconciler.isLookedAfter(name)) {
                    return Optional.empty(); // which is answered when the look is over
                }
                if (reconciler.busy(name)) {
                    throw busy(what, name);
                }
                return Optional.of(act.apply(name));
            });
            if (answer.isPresent()) {
                return answer.get();
            }
        }
    }

    private String name(String driver) {
        Map<String, String> names = reconciler.byDriver();
        if (!names.containsKey(driver)) {
            String hint = Spelling.hint(driver, names.keySet());
            throw new VfioException(Kind.UNKNOWN_NAME, Errno.ENODEV, "there is no driver bundle '" + driver
                    + "' of deployment, and none with a driver of that name" + (hint.isEmpty() ? "; see files" : hint));
        }
        return names.get(driver);
    }

    private static VfioException busy(String what, String name) {
        return new VfioException(Errno.EBUSY, what + " " + name + ": an update of it is under way; see update");
    }

    private static VfioException nothing(String what, String name) {
        return new VfioException(Errno.ENOENT, what + " " + name + ": no other build of it is wanted");
    }

    /** What runs of a symbolic name, and the reason of a file that does not. */
    private record End(Build running, String reason) {
    }

    /** Returns the row of what a request has begun, once that is over. */
    private UpdateRow done(String what, Build target) {
        String name = target.symbolicName();
        End end = loop.ask(what, () -> {
            RunningBuild now = reconciler.running(name);
            String reason = reconciler.files().all().stream()
                    .filter(file -> target.equals(file.build) && file.reason() != null)
                    .map(DriverFile::reason).findFirst().orElse(null);
            return new End(now == null ? null : now.build(), reason);
        });
        Optional<UpdateRow> row = updates.latest(name);
        if (target.equals(end.running())) {
            row.filter(one -> one.reason() != null && DONE.contains(one.phase())).ifPresent(one -> {
                throw new VfioException(Errno.EIO, what + ": " + target + " runs, but " + one.reason());
            });
            return row.orElse(new UpdateRow(name, "done", null, target.versionAndDigest(), 0, 0, null));
        }
        String reason = row.map(UpdateRow::reason).filter(text -> text != null).orElse(end.reason());
        throw new VfioException(Errno.EIO, what + ": " + target + " does not run" + (reason == null ? "" : ": " + reason));
    }
}
