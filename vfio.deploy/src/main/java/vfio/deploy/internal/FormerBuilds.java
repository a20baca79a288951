// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import vfio.pci.core.admin.DriverHandover.Handover;

/** The builds that an update takes functions from: the one that ran alone, or those of a mixed update, the latest last. */
final class FormerBuilds {
    private final UpdateMeans means;
    private final List<RunningBuild> builds;

    FormerBuilds(UpdateMeans means, List<RunningBuild> builds) {
        this.means = means;
        this.builds = List.copyOf(builds);
    }

    /** Returns these builds and the one that has come after them. */
    FormerBuilds and(RunningBuild next) {
        return new FormerBuilds(means, Stream.concat(builds.stream(), Stream.of(next)).toList());
    }

    /** Returns the earliest build, which ran alone. */
    Build first() {
        return builds.get(0).build();
    }

    /** Returns the latest build, which goes on where the update is undone. */
    RunningBuild last() {
        return builds.get(builds.size() - 1);
    }

    /** Returns the numbers of the bundles. */
    Set<Long> bundleIds() {
        return builds.stream().map(former -> former.bundle().getBundleId()).collect(Collectors.toUnmodifiableSet());
    }

    /** Lets other drivers be wired to the latest build again. */
    void offer() {
        means.steps().offers(last().bundle());
    }

    /** Lets no more drivers be wired to a build that is going to leave. */
    void offerNoMore() {
        builds.forEach(former -> means.steps().offersNoMore(former.bundle()));
    }

    /**
     * Takes the functions that the builds still have to the build that serves, by the way of a stop: users are asked to let
     * go, and revoked then.
     *
     * @param moves takes note of what has become of them
     */
    void drain(FunctionMoves moves) {
        for (RunningBuild former : builds) {
            try (Handover handover = means.handover().retire(former.bundle().getBundleId())) {
                restore(handover, moves);
            }
        }
    }

    private static void restore(Handover handover, FunctionMoves moves) {
        List<String> functions = handover.functions();
        moves.drained(functions.size(), functions.isEmpty() ? Map.of() : handover.restore());
    }

    /**
     * Has the builds leave, as {@link #drain} where one still has functions.
     *
     * @return who has left, and what was wrong
     */
    String leave(FunctionMoves moves) {
        StringBuilder troubles = new StringBuilder();
        builds.forEach(former -> troubles.append(leave(former, moves)));
        String who = builds.stream().map(former -> former.build().toString()).collect(Collectors.joining(", "));
        return who + " left" + troubles;
    }

    private String leave(RunningBuild former, FunctionMoves moves) {
        try (Handover handover = means.handover().retire(former.bundle().getBundleId())) {
            means.loaders().watch(former.bundle());
            String stopped = means.steps().stop(former.bundle());
            String stays = means.steps().leave(former.bundle());
            restore(handover, moves);
            return (stopped == null ? "" : "; " + stopped) + stays;
        } catch (RuntimeException | Error e) { // it goes whatever the core says: the disorderly road
            return "; " + PlainText.sentence(e) + means.steps().leave(former.bundle());
        }
    }
}
