// SPDX-License-Identifier: Apache-2.0
package vfio.realworld.oracle.match;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import vfio.core.Errno;
import vfio.pci.core.alias.DriverIds;
import vfio.realworld.oracle.OracleDrivers;
import vfio.realworld.oracle.match.Operation.Kind;

/**
 * The kernel as oracle of matching: does random operations in the guest and asks the twin what it would have answered. Ends
 * at the first disagreement, after which the two are in different states.
 */
public final class MatchOracle {
    /** All functions are looked at that often, besides the operation's own. */
    private static final int ROUND = 25;

    private final GuestFunctions guest = new GuestFunctions();
    private final List<Operation> trace = new ArrayList<>();
    private final Map<Kind, Map<String, Integer>> answers = new EnumMap<>(Kind.class);
    private final Twin twin;
    private final Operations operations;
    private int compared;
    private int entries;

    private MatchOracle(long seed) {
        List<TwinFunction> functions = new ArrayList<>();
        List<DriverIds> drivers = OracleDrivers.of(seed);
        Set<String> ours = drivers.stream().map(DriverIds::driver).collect(Collectors.toSet());
        for (String name : guest.names()) {
            String driver = guest.driver(name);
            if (driver == null || ours.contains(driver)) {
                functions.add(guest.twin(name));
            }
        }
        twin = new Twin(drivers, functions);
        String physical = twin.states().keySet().stream().filter(name -> guest.has(name, "sriov_numvfs")).findFirst()
                .orElseThrow(() -> new AssertionError("the guest has no PF"));
        operations = new Operations(seed, twin, physical);
    }

    /** {@code MatchOracle SEED OPERATIONS TRACE}: exits 1 at a disagreement, with all operations up to it in TRACE. */
    public static void main(String[] arguments) throws IOException {
        long seed = Long.parseLong(arguments[0]);
        long start = System.nanoTime();
        MatchOracle oracle = new MatchOracle(seed);
        String disagreement = oracle.run(Integer.parseInt(arguments[1]));
        oracle.report(seed, (System.nanoTime() - start) / 1_000_000_000.0);
        if (disagreement != null) {
            Files.write(Path.of(arguments[2]), oracle.trace.stream().map(Operation::toString).toList());
            System.out.println("match oracle: DISAGREEMENT at operation " + oracle.trace.size() + " of seed " + seed + ": "
                    + disagreement);
            System.exit(1);
        }
        System.out.println("match oracle: 0 disagreements");
    }

    private String run(int count) {
        String difference = everywhere();
        while (difference == null && trace.size() < count) {
            difference = step(operations.next());
        }
        return difference == null ? everywhere() : difference;
    }

    private String step(Operation operation) {
        trace.add(operation);
        int ours = twin.answer(operation);
        int kernels = guest.write(operation);
        answers.computeIfAbsent(operation.kind(), kind -> new TreeMap<>()).merge(kernels == 0 ? "ok" : name(kernels), 1,
                Integer::sum);
        if (ours != kernels) {
            return operation + ": the kernel answers " + name(kernels) + ", we " + name(ours);
        }
        boolean many = operation.kind() == Kind.NEW_ID && ours == 0 || operation.kind() == Kind.VFS;
        String difference = many || trace.size() % ROUND == 0 ? everywhere() : at(operation.text().trim());
        return difference != null || operation.kind() != Kind.OVERRIDE ? difference : overrideOf(operation.subject());
    }

    private static String name(int errno) {
        return errno == 0 ? "ok" : Errno.of(errno).map(Enum::name).orElse("errno " + errno);
    }

    /** That every function of ours has the driver that the twin says, and that there are no others. */
    private String everywhere() {
        Set<String> names = guest.names();
        for (String name : names) {
            if (!twin.states().containsKey(name) && guest.driver(name) == null) {
                return name + " is there, and its twin is not";
            }
        }
        for (String name : twin.states().keySet()) {
            String difference = names.contains(name) ? at(name) : name + " is not there, and its twin is";
            if (difference != null) {
                return difference;
            }
        }
        return null;
    }

    private String at(String name) {
        Twin.State state = twin.states().get(name);
        if (state == null) {
            return null;
        }
        compared++;
        String driver = guest.driver(name);
        if (driver == null ? state.driver != null : !driver.equals(state.driver)) {
            return name + ": the kernel has bound " + driver + ", we " + state.driver;
        }
        if (state.by != null && driver != null && driver.startsWith("oracle")) {
            entries++;
            long entry = guest.entry(name);
            if (entry != state.by.entry().driverData()) {
                return name + ": the kernel probed " + driver + " with driver_data " + Long.toHexString(entry) + ", we with "
                        + Long.toHexString(state.by.entry().driverData()) + " (" + state.by.reason().text() + ")";
            }
        }
        return null;
    }

    private String overrideOf(String name) {
        String kernels = guest.override(name);
        String ours = twin.states().get(name).override;
        return kernels == null ? ours == null ? null : name + ": the kernel has no override, we " + ours
                : kernels.equals(ours) ? null : name + ": the kernel has the override " + kernels + ", we " + ours;
    }

    private void report(long seed, double seconds) {
        System.out.printf("match oracle: seed %d, %d operations on %d functions, %.1f s%n", seed, trace.size(),
                twin.states().size(), seconds);
        answers.forEach((kind, counts) -> System.out.println("  " + kind + " " + counts));
        System.out.printf("  %d times the bound driver compared, %d times the entry it was probed with%n", compared,
                entries);
        System.out.printf("  %d times several drivers matched by themselves; the most specific, which we take, was not the "
                + "first registered, which the kernel takes, %d times%n", twin.automatic(), twin.otherOrder());
    }
}
