// SPDX-License-Identifier: Apache-2.0
package vfio.core.migration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import vfio.core.Errno;
import vfio.core.VfioException;

/** Every pair of states with every set of flags, against the ways as written out here. */
public class MigrationArcsTest {
    private static final String COLUMNS = "stop run copy res p2p pre prep2p";

    /** From the state in front to each of the columns: the states passed, joined by dots; = to stay, - for no way. */
    private static final Map<MigrationFlags, String> WAYS = Map.of(
            new MigrationFlags(false, false), """
                    stop   = run copy res - - -
                    run    stop = stop.copy stop.res - - -
                    copy   stop stop.run = stop.res - - -
                    res    stop stop.run stop.copy = - - -
                    p2p    - - - - = - -
                    pre    - - - - - = -
                    prep2p - - - - - - =
                    """,
            new MigrationFlags(true, false), """
                    stop   = p2p.run copy res p2p - -
                    run    p2p.stop = p2p.stop.copy p2p.stop.res p2p - -
                    copy   stop stop.p2p.run = stop.res stop.p2p - -
                    res    stop stop.p2p.run stop.copy = stop.p2p - -
                    p2p    stop run stop.copy stop.res = - -
                    pre    - - - - - = -
                    prep2p - - - - - - =
                    """,
            new MigrationFlags(false, true), """
                    stop   = run copy res - run.pre -
                    run    stop = stop.copy stop.res - pre -
                    copy   stop stop.run = stop.res - - -
                    res    stop stop.run stop.copy = - stop.run.pre -
                    p2p    - - - - = - -
                    pre    run.stop run copy run.stop.res - = -
                    prep2p - - - - - - =
                    """,
            new MigrationFlags(true, true), """
                    stop   = p2p.run copy res p2p p2p.run.pre p2p.prep2p
                    run    p2p.stop = p2p.stop.copy p2p.stop.res p2p pre p2p.prep2p
                    copy   stop stop.p2p.run = stop.res stop.p2p - -
                    res    stop stop.p2p.run stop.copy = stop.p2p stop.p2p.run.pre stop.p2p.prep2p
                    p2p    stop run stop.copy stop.res = run.pre prep2p
                    pre    run.p2p.stop run prep2p.copy run.p2p.stop.res run.p2p = prep2p
                    prep2p p2p.stop p2p.run copy p2p.stop.res p2p pre =
                    """);

    /** The arcs that a driver with these flags implements (uapi/linux/vfio.h, enum vfio_device_mig_state). */
    private static final Map<MigrationFlags, Set<String>> ARCS = Map.of(
            new MigrationFlags(false, false),
            Set.of("stop run", "run stop", "stop copy", "copy stop", "stop res", "res stop"),
            new MigrationFlags(true, false),
            Set.of("run p2p", "p2p run", "p2p stop", "stop p2p", "stop copy", "copy stop", "stop res", "res stop"),
            new MigrationFlags(false, true),
            Set.of("stop run", "run stop", "stop copy", "copy stop", "stop res", "res stop", "run pre", "pre run",
                    "pre copy"),
            new MigrationFlags(true, true),
            Set.of("run p2p", "p2p run", "p2p stop", "stop p2p", "stop copy", "copy stop", "stop res", "res stop",
                    "run pre", "pre run", "p2p prep2p", "prep2p p2p", "pre prep2p", "prep2p pre", "prep2p copy"));

    static Stream<MigrationFlags> flags() {
        return WAYS.keySet().stream();
    }

    @ParameterizedTest
    @MethodSource("flags")
    void everyWayIsTheOneWrittenDown(MigrationFlags flags) {
        String[] columns = COLUMNS.split(" ");
        int ways = 0;
        for (String line : WAYS.get(flags).lines().toList()) {
            String[] cells = line.split(" +");
            for (int i = 0; i < columns.length; i++) {
                assertEquals(cells[i + 1], way(flags, state(cells[0]), state(columns[i])), cells[0] + " to " + columns[i]);
                ways++;
            }
        }
        assertEquals(49, ways);
    }

    @ParameterizedTest
    @MethodSource("flags")
    void errorIsNeitherLeftNorReached(MigrationFlags flags) {
        for (MigrationState state : MigrationState.values()) {
            assertEquals(state == MigrationState.ERROR ? "=" : "-", way(flags, MigrationState.ERROR, state));
            assertEquals(state == MigrationState.ERROR ? "=" : "-", way(flags, state, MigrationState.ERROR));
        }
    }

    @ParameterizedTest
    @MethodSource("flags")
    void everyHopIsAnArcThatDriversImplement(MigrationFlags flags) {
        for (MigrationState from : MigrationState.values()) {
            for (MigrationState to : MigrationState.values()) {
                String way = way(flags, from, to);
                if (!way.equals("-") && !way.equals("=")) {
                    List<String> states = new ArrayList<>(List.of(name(from)));
                    states.addAll(List.of(way.split("\\.")));
                    for (int i = 1; i < states.size(); i++) {
                        String arc = states.get(i - 1) + " " + states.get(i);
                        assertTrue(ARCS.get(flags).contains(arc), from + " to " + to + " by " + arc);
                    }
                }
            }
        }
    }

    /** Returns the states on the way, as written out here; null where there is no way. */
    public static List<MigrationState> written(MigrationFlags flags, MigrationState from, MigrationState to) {
        if (from == to) {
            return List.of();
        }
        if (from == MigrationState.ERROR || to == MigrationState.ERROR) {
            return null;
        }
        String line = WAYS.get(flags).lines().filter(row -> row.startsWith(name(from) + " ")).findFirst().orElseThrow();
        String cell = line.split(" +")[1 + List.of(COLUMNS.split(" ")).indexOf(name(to))];
        return cell.equals("-") ? null : Stream.of(cell.split("\\.")).map(MigrationArcsTest::state).toList();
    }

    @Test
    void flagsFromElsewhereNeedStopCopyAndKnowNoOthers() {
        for (long bits = 0; bits < 64; bits++) {
            long flags = bits;
            if ((bits & 1) != 0 && bits < 8) {
                assertEquals(bits, MigrationFlags.of(bits).bits());
            } else {
                assertEquals(Errno.EINVAL, assertThrows(VfioException.class, () -> MigrationFlags.of(flags)).errno());
            }
        }
        assertEquals(Errno.EINVAL, assertThrows(VfioException.class, () -> MigrationFlags.of(1L << 32 | 1)).errno());
        assertEquals(new MigrationFlags(true, false), MigrationFlags.of(3));
        assertEquals(new MigrationFlags(false, true), MigrationFlags.of(5));
    }

    @Test
    void numbersAreTheKernels() {
        for (int number = 0; number < 8; number++) {
            assertEquals(number, MigrationState.of(number).ordinal());
        }
        assertEquals(MigrationState.PRE_COPY_P2P, MigrationState.of(7));
        for (int number : new int[] {-1, 8, Integer.MIN_VALUE, Integer.MAX_VALUE}) {
            assertEquals(Errno.EINVAL, assertThrows(VfioException.class, () -> MigrationState.of(number)).errno());
        }
        assertEquals(1, new MigrationFlags(false, false).bits());
        assertEquals(3, new MigrationFlags(true, false).bits());
        assertEquals(5, new MigrationFlags(false, true).bits());
        assertEquals(7, new MigrationFlags(true, true).bits());
    }

    private static String way(MigrationFlags flags, MigrationState from, MigrationState to) {
        try {
            List<String> states = flags.path(from, to).stream().map(MigrationArcsTest::name).toList();
            return states.isEmpty() ? "=" : String.join(".", states);
        } catch (VfioException e) {
            assertEquals(Errno.EINVAL, e.errno());
            return "-";
        }
    }

    private static final List<String> NAMES = List.of("error", "stop", "run", "copy", "res", "p2p", "pre", "prep2p");

    private static String name(MigrationState state) {
        return NAMES.get(state.ordinal());
    }

    private static MigrationState state(String name) {
        return MigrationState.of(NAMES.indexOf(name));
    }
}
